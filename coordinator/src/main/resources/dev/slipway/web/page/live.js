// Keeps an open page true: follows its server-sent events and puts in what changed, so that focus, scroll and selection stay.
// Without it every page works as it was sent.
"use strict";
(() => {
  const body = document.body;
  const main = document.getElementById("main");
  const pulse = document.getElementById("pulse");
  const notice = document.getElementById("notice");
  // Lines that stay on the page; the text has all of them.
  const MAX_LINES = 5000;
  // A restart or a change of network is over by then.
  const PATIENCE = 3000;
  let stream = null;
  let lastId = "";
  let lostAt = 0;
  let ended = false;
  let retry = 0;

  function say(state, text) {
    if (pulse.textContent !== text) pulse.textContent = text;
    pulse.className = "pulse " + state;
  }

  // Makes `old` look like `fresh`; nodes that are the same stay the same.
  function patch(old, fresh) {
    if (old.isEqualNode(fresh)) return;
    if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName || (old.id || "") !== (fresh.id || "")) {
      old.replaceWith(fresh);
      return;
    }
    if (old.nodeType !== Node.ELEMENT_NODE) {
      old.nodeValue = fresh.nodeValue;
      return;
    }
    if (old.hasAttribute("data-keep")) return;
    for (const { name } of [...old.attributes]) {
      if (!fresh.hasAttribute(name) && !(name === "open" && old.nodeName === "DETAILS")) old.removeAttribute(name);
    }
    for (const { name, value } of [...fresh.attributes]) {
      if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    }
    children(old, fresh);
  }

  function children(old, fresh) {
    const known = new Map();
    for (const child of old.children) if (child.id) known.set(child.id, child);
    let at = old.firstChild;
    for (const child of [...fresh.childNodes]) {
      const same = child.id ? known.get(child.id) : at && !at.id ? at : null;
      if (same) {
        if (same === at) at = at.nextSibling;
        else old.insertBefore(same, at);
        patch(same, child);
      } else {
        old.insertBefore(child, at);
      }
    }
    while (at) {
      const next = at.nextSibling;
      at.remove();
      at = next;
    }
  }

  function parse(html) {
    return new DOMParser().parseFromString("<main>" + html + "</main>", "text/html").querySelector("main");
  }

  function show(html) {
    children(main, parse(html));
    tick();
  }

  function append(html) {
    const log = document.getElementById("log");
    if (!log) return;
    const atEnd = window.innerHeight + window.scrollY >= document.documentElement.scrollHeight - 80;
    log.append(...parse(html).childNodes);
    while (log.childElementCount > MAX_LINES) log.firstElementChild.remove();
    if (atEnd) window.scrollTo(0, document.documentElement.scrollHeight);
  }

  function duration(millis) {
    const seconds = Math.max(0, millis) / 1000;
    if (seconds < 10) return seconds.toFixed(1) + " s";
    if (seconds < 60) return Math.floor(seconds) + " s";
    if (seconds < 3600) return Math.floor(seconds / 60) + " min " + Math.floor(seconds % 60) + " s";
    return Math.floor(seconds / 3600) + " h " + Math.floor((seconds % 3600) / 60) + " min";
  }

  // Times that run on, run on between two updates.
  function tick() {
    if (lostAt) return;
    for (const each of document.querySelectorAll("[data-since]")) {
      const text = duration(Date.now() - Number(each.dataset.since));
      if (each.textContent !== text) each.textContent = text;
    }
  }

  function back() {
    lostAt = 0;
    notice.hidden = true;
    say("on", "live");
  }

  function lost() {
    if (!lostAt) lostAt = Date.now();
    say("off", "reconnecting");
    if (Date.now() - lostAt >= PATIENCE) warn();
  }

  function warn() {
    if (!notice.hidden) return;
    const others = body.dataset.others.split(" ").filter(Boolean);
    const text = document.createElement("p");
    text.append("This page has lost its coordinator " + location.host + " and shows what was true at "
      + new Date(lostAt).toISOString().slice(11, 19) + ". It keeps trying. ");
    if (others.length) text.append("Go on at ");
    others.forEach((other, index) => {
      const link = document.createElement("a");
      link.href = location.protocol + "//" + other + location.pathname + location.search;
      link.textContent = other;
      text.append(index ? " or " : "", link);
    });
    notice.replaceChildren(text);
    notice.hidden = false;
  }

  function open() {
    clearTimeout(retry);
    if (stream || ended || document.hidden) return;
    const url = body.dataset.events;
    const from = lastId || (document.getElementById("log") || { dataset: {} }).dataset.last || "";
    stream = new EventSource(from ? url + (url.includes("?") ? "&" : "?") + "after=" + encodeURIComponent(from) : url);
    stream.onopen = back;
    stream.onerror = () => {
      close();
      lost();
      retry = setTimeout(open, 1000);
    };
    stream.addEventListener("show", event => show(event.data));
    stream.addEventListener("append", event => {
      lastId = event.lastEventId;
      append(event.data);
    });
    stream.addEventListener("part", event => {
      const fresh = parse(event.data).firstElementChild;
      const old = document.getElementById(fresh.id);
      if (old) patch(old, fresh);
    });
    stream.addEventListener("over", () => {
      ended = true;
      close();
      say("", "ended");
    });
  }

  function close() {
    if (stream) stream.close();
    stream = null;
  }

  if (body.dataset.events) {
    say("", "connecting");
    open();
    setInterval(tick, 1000);
    setInterval(() => lostAt && lost(), 1000);
    document.addEventListener("visibilitychange", () => document.hidden ? close() : open());
    window.addEventListener("pagehide", close);
    window.addEventListener("pageshow", open);
  }
})();
