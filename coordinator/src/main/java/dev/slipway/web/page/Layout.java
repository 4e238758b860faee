package dev.slipway.web.page;

import dev.slipway.web.access.Viewer;
import java.util.List;

/**
 * What is around a page.
 *
 * @param events where the page's updates come from; empty = it does not follow the farm
 * @param coordinator address of the page of the coordinator that made it
 * @param others addresses of the other coordinators' pages
 * @param assets path before the names of style sheet and script
 */
record Layout(
    String title,
    Section section,
    Viewer viewer,
    String events,
    String coordinator,
    List<String> others,
    String assets) {
  List<Section> sections() {
    return List.of(Section.values());
  }

  String othersText() {
    return String.join(" ", others);
  }
}
