/**
 * The farm's page. A page is a {@link dev.slipway.web.page.View}: a template and what it shows,
 * made anew for each request and for each update of an open page; templates (src/main/jte) are
 * compiled with the code and escape all text. Works without scripts; {@code live.js} follows
 * server-sent events and puts in what changed. Depends on: web.access, history, holdings, explain,
 * coordination, fleet, progress, schedule. Everything here runs on virtual threads but what says
 * otherwise.
 */
@NullMarked
package dev.slipway.web.page;

import org.jspecify.annotations.NullMarked;
