# Makes a Grafana dashboard of a file in source/. Every metric there is written with braces; the selector of the farm is put into them here.
# A panel: title, help, kind (timeseries), unit (short), queries [[legend, expression]…], w and h in Grafana's units, stack, max, decimals,
# steps [[colour, from]…].

def of_farm: gsub("(?<m>[a-zA-Z_:][a-zA-Z0-9_:]*)\\{(?<s>[^}]*)\\}"; "\(.m){farm=~\"$farm\"\(if .s == "" then "" else "," + .s end)}");

def source: {type: "prometheus", uid: "${datasource}"};

def width: .w // (if .kind == "stat" or .kind == "gauge" then 4 else 8 end);
def height: .h // (if .kind == "stat" or .kind == "gauge" then 4 else 8 end);

# From left to right, a new line when one is full; each row of the file begins with a title.
def placed:
  reduce .[] as $row ({panels: [], y: 0};
    (.panels += [{type: "row", title: $row.title, collapsed: false, panels: [], gridPos: {h: 1, w: 24, x: 0, y: .y}}])
    | .y += 1 | .x = 0 | .tallest = 0
    | reduce $row.panels[] as $panel (.;
        ($panel | width) as $w | ($panel | height) as $h
        | (if .x + $w > 24 then .y += .tallest | .x = 0 | .tallest = 0 else . end)
        | .panels += [$panel + {gridPos: {h: $h, w: $w, x: .x, y: .y}}]
        | .x += $w | .tallest = ([.tallest, $h] | max))
    | .y += .tallest)
  | .panels;

def custom:
  if (.kind // "timeseries") == "timeseries"
  then {drawStyle: "line", lineWidth: 1, fillOpacity: (if .stack then 30 else 5 end), showPoints: "never", spanNulls: false,
        stacking: {mode: (if .stack then "normal" else "none" end), group: "A"}}
  else {} end;

def options:
  if .kind == "stat" then {colorMode: "value", graphMode: "area", textMode: "value_and_name", reduceOptions: {calcs: ["lastNotNull"], fields: "", values: false}}
  elif .kind == "gauge" then {showThresholdMarkers: true, reduceOptions: {calcs: ["lastNotNull"], fields: "", values: false}}
  elif .kind == "bargauge" then {displayMode: "gradient", orientation: "horizontal", reduceOptions: {calcs: ["lastNotNull"], fields: "", values: false}}
  elif .kind == "heatmap" then {calculate: false, cellGap: 1, color: {mode: "scheme", scheme: "Oranges", steps: 64}, yAxis: {unit: .unit}}
  else {legend: {displayMode: "table", placement: "bottom", calcs: ["lastNotNull", "max"]}, tooltip: {mode: "multi", sort: "desc"}} end;

def panel($id):
  if .type == "row" then . + {id: $id}
  else {
    id: $id, type: (.kind // "timeseries"), title, description: .help, datasource: source, gridPos,
    fieldConfig: {defaults: ({unit: (.unit // "short"), min: 0, custom: custom,
        thresholds: {mode: "absolute", steps: ((.steps // [["green", null]]) | map({color: .[0], value: .[1]}))}}
        + (if .max then {max} else {} end) + (if .decimals then {decimals} else {} end)), overrides: []},
    options: options,
    targets: [.kind as $kind | .queries | to_entries[] | {refId: ([65 + .key] | implode), datasource: source, expr: (.value[1] | of_farm), legendFormat: .value[0],
        range: true} + (if $kind == "heatmap" then {format: "heatmap"} else {} end)]
  } end;

def variable($name; $shown; $query):
  {name: $name, label: $shown, type: "query", datasource: source, query: {query: ($query | of_farm), refId: $name}, refresh: 2, sort: 1,
   multi: true, includeAll: true, allValue: ".*", current: {text: "All", value: "$__all"}};

. as $board | {
  uid, title, description, tags: ["slipway"], editable: true, schemaVersion: 41, version: 1, refresh: "10s", timezone: "browser",
  time: {from: "now-1h", to: "now"},
  links: [{type: "dashboards", title: "Slipway", tags: ["slipway"], asDropdown: true, keepTime: true, includeVars: true}],
  annotations: {list: [{name: "Alerts", enable: true, iconColor: "red", datasource: source,
      expr: "ALERTS{alertname=~\"Slipway.*\",alertstate=\"firing\",farm=~\"$farm\"}", titleFormat: "{{alertname}}"}]},
  templating: {list: ([
      {name: "datasource", label: "Prometheus", type: "datasource", query: "prometheus", current: {}},
      {name: "farm", label: "Farm", type: "query", datasource: source, query: {query: "label_values(slipway_info, farm)", refId: "farm"},
       refresh: 2, sort: 1, multi: true, includeAll: true, allValue: ".*", current: {text: "All", value: "$__all"}}
    ] + [.variables[]? | variable(.[0]; .[1]; .[2])])},
  panels: [.rows | placed | to_entries[] | .key as $i | .value | panel($i + 1)]
}
