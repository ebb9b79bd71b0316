"use strict";
(() => {
  const root = document.documentElement;
  const stage = document.getElementById("stage");
  const pinsBox = stage.querySelector(".pins");
  const wipeInput = document.getElementById("wipe");
  const sizeInput = document.getElementById("size");
  const status = document.getElementById("status");
  const pictures = [...document.querySelectorAll("main .picture")];
  const limit = (value, low, high) => Math.min(high, Math.max(low, value));

  // What all frames have in common. Places are in frames: the picture's left edge is at x, from 1 − zoom to 0.
  const view = { zoom: 1, x: 0, y: 0, wipe: 0 };
  // At most two pictures; the second one follows the arrow keys.
  let pins = [];
  let current = 0;

  const say = (text) => { status.textContent = text; };

  function show() {
    root.style.setProperty("--zoom", view.zoom);
    root.style.setProperty("--x", `${100 * view.x}%`);
    root.style.setProperty("--y", `${100 * view.y}%`);
    root.style.setProperty("--wipe", `${view.wipe}%`);
    root.classList.toggle("zoomed", view.zoom > 1);
    root.classList.toggle("unwiped", view.wipe === 0 || view.wipe === 100);
    wipeInput.value = view.wipe;
    document.getElementById("wiped").textContent = `${Math.round(view.wipe)} %`;
    document.getElementById("zoom-reset").textContent = `${Math.round(100 * view.zoom)} %`;
    for (const handle of stage.querySelectorAll(".handle")) {
      handle.setAttribute("aria-valuenow", Math.round(view.wipe));
      handle.setAttribute("aria-valuetext", `${Math.round(view.wipe)} % original`);
    }
  }

  function wipe(percent) {
    view.wipe = limit(percent, 0, 100);
    show();
  }

  // Zooms by a factor; what is at (x, y), in frames, stays there.
  function zoom(factor, x = 0.5, y = 0.5) {
    const zoomed = limit(view.zoom * factor, 1, 16);
    const place = (from, at) => limit(at - (at - from) * (zoomed / view.zoom), 1 - zoomed, 0);
    view.x = place(view.x, x);
    view.y = place(view.y, y);
    view.zoom = zoomed;
    show();
  }

  function move(x, y) {
    view.x = limit(view.x + x, 1 - view.zoom, 0);
    view.y = limit(view.y + y, 1 - view.zoom, 0);
    show();
  }

  function resetZoom() {
    Object.assign(view, { zoom: 1, x: 0, y: 0 });
    show();
  }

  async function copy(command, button) {
    let done = true;
    try {
      await navigator.clipboard.writeText(command);
    } catch {
      const area = document.createElement("textarea");
      area.value = command;
      document.body.append(area);
      area.select();
      done = document.execCommand("copy");
      area.remove();
      button?.focus();
    }
    say(done ? "Copied the command" : "The command could not be copied");
    if (button) {
      const text = button.textContent;
      button.textContent = done ? "Copied" : "Failed";
      setTimeout(() => { button.textContent = text; }, 1200);
    }
  }

  function element(name, className, ...children) {
    const made = document.createElement(name);
    made.className = className;
    made.append(...children);
    return made;
  }

  function plainButton(text, label, action) {
    const button = element("button", "plain", text);
    button.type = "button";
    button.setAttribute("aria-label", label);
    button.addEventListener("click", () => action(button));
    return button;
  }

  function pinned(picture, place) {
    const tile = picture.closest(".tile");
    const { label, command } = picture.dataset;
    const frame = picture.querySelector(".frame").cloneNode(true);
    frame.querySelector(".line")?.remove();
    if (tile.classList.contains("original")) {
      frame.querySelector(".before").setAttribute("aria-label", label);
    } else {
      const handle = element("span", "handle");
      handle.tabIndex = 0;
      handle.setAttribute("role", "slider");
      handle.setAttribute("aria-label", `Wipe ${label} to the original`);
      handle.setAttribute("aria-valuemin", 0);
      handle.setAttribute("aria-valuemax", 100);
      frame.append(handle);
    }
    const caption = element("figcaption", "", element("span", "badge"), element("strong", "", label));
    if (command) {
      const code = element("code", "", command);
      code.title = command;
      caption.append(code);
      caption.append(plainButton("Copy", `Copy the command of ${label}`, (button) => copy(command, button)));
    }
    caption.append(plainButton("Unpin", `Unpin ${label}`, () => pin(picture)));
    const figure = element("figure", "pin", frame, caption);
    figure.dataset.pin = place + 1;
    const original = [...tile.classList].find((name) => name.startsWith("of-"));
    figure.classList.add(original);
    return figure;
  }

  function showPins() {
    for (const picture of pictures) {
      const place = pins.indexOf(picture);
      if (picture.hasAttribute("aria-pressed")) {
        picture.setAttribute("aria-pressed", place >= 0);
      }
      if (place >= 0) picture.dataset.pin = place + 1;
      else delete picture.dataset.pin;
    }
    const opened = stage.hidden && pins.length > 0;
    stage.hidden = pins.length === 0;
    pinsBox.replaceChildren(...pins.map(pinned));
    if (opened && view.wipe === 0) view.wipe = 50;
    show();
    measure();
  }

  // Pins a picture beside the one that is pinned, or unpins it.
  function pin(picture) {
    if (!picture.querySelector(".frame > img, .frame > .whole")) return;
    const label = picture.dataset.label;
    if (pins.includes(picture)) {
      pins = pins.filter((other) => other !== picture);
      say(`Unpinned ${label}`);
      if (!pins.length) picture.focus();
    } else {
      pins = [...pins.slice(0, 1), picture];
      say(`Pinned ${label}`);
    }
    showPins();
  }

  function unpin() {
    if (!pins.length) return;
    pins = [];
    showPins();
    say("Unpinned");
    pictures[current]?.focus();
  }

  // The one picture that the tab key leads to.
  function select(index) {
    current = index;
    pictures.forEach((picture, place) => {
      picture.tabIndex = place === index ? 0 : -1;
      const button = picture.closest(".tile").querySelector(".copy");
      if (button) button.tabIndex = picture.tabIndex;
    });
  }

  function go(index) {
    if (index === undefined || !pictures[index]) return;
    select(index);
    const picture = pictures[index];
    picture.focus({ preventScroll: true });
    if (pins.length && !pins.includes(picture) && picture.querySelector("img, .whole")) {
      pins = [pins[0], picture];
      showPins();
      say(picture.dataset.label);
    }
    picture.closest(".tile").scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  // The nearest picture above (−1) or below (1) the current one.
  function vertically(direction) {
    const box = (picture) => picture.getBoundingClientRect();
    const from = box(pictures[current]);
    let best;
    let least = Infinity;
    pictures.forEach((picture, index) => {
      const to = box(picture);
      const down = direction * (to.top - from.top);
      if (down < 1) return;
      const distance = down + Math.abs(to.left - from.left) / 4;
      if (distance < least) [best, least] = [index, distance];
    });
    return best;
  }

  const steps = {
    ArrowLeft: () => current - 1,
    ArrowRight: () => current + 1,
    ArrowUp: () => vertically(-1),
    ArrowDown: () => vertically(1),
    Home: () => 0,
    End: () => pictures.length - 1,
  };
  const keys = {
    b: () => wipe(view.wipe < 100 ? 100 : 0),
    c: () => {
      const { command } = pictures[current].dataset;
      if (command) copy(command, pictures[current].closest(".tile").querySelector(".copy"));
    },
    "+": () => zoom(1.5),
    "=": () => zoom(1.5),
    "-": () => zoom(1 / 1.5),
    0: resetZoom,
    Escape: unpin,
  };
  const wipes = {
    ArrowLeft: () => view.wipe - 2,
    ArrowDown: () => view.wipe - 2,
    ArrowRight: () => view.wipe + 2,
    ArrowUp: () => view.wipe + 2,
    PageDown: () => view.wipe - 10,
    PageUp: () => view.wipe + 10,
    Home: () => 0,
    End: () => 100,
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { target, key } = event;
    if (target.matches(".handle") && key in wipes) {
      event.preventDefault();
      wipe(wipes[key]());
      return;
    }
    if (target.matches("input") && key !== "Escape") return;
    if (key in steps) {
      event.preventDefault();
      go(steps[key]());
      return;
    }
    const action = keys[key.toLowerCase()] ?? keys[key];
    if (action) {
      event.preventDefault();
      action();
    }
  });

  // Pointers that are down on a frame: one moves a picture that is zoomed, two zoom it.
  const down = new Map();
  let wiping = null;
  let dragged = false;

  function across(event, frame) {
    const box = frame.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  }

  document.addEventListener("pointerdown", (event) => {
    const frame = event.target.closest(".frame");
    dragged = false;
    if (!frame || event.button !== 0) return;
    if (event.target.closest(".handle")) {
      wiping = { frame, pointer: event.pointerId };
      event.target.setPointerCapture(event.pointerId);
      return;
    }
    down.set(event.pointerId, { frame, x: event.clientX, y: event.clientY });
  });

  document.addEventListener("pointermove", (event) => {
    if (wiping?.pointer === event.pointerId) {
      wipe(100 * across(event, wiping.frame)[0]);
      return;
    }
    const before = down.get(event.pointerId);
    if (!before) return;
    const { frame } = before;
    const box = frame.getBoundingClientRect();
    const [dx, dy] = [event.clientX - before.x, event.clientY - before.y];
    const others = [...down].filter(([id]) => id !== event.pointerId).map(([, other]) => other);
    if (others.length) {
      const apart = (place) => Math.hypot(place.x - others[0].x, place.y - others[0].y);
      const now = { x: event.clientX, y: event.clientY };
      const middle = { clientX: (now.x + others[0].x) / 2, clientY: (now.y + others[0].y) / 2 };
      zoom(apart(now) / Math.max(1, apart(before)), ...across(middle, frame));
      dragged = true;
    } else if (view.zoom > 1 && (dragged || Math.hypot(dx, dy) > 4)) {
      move(dx / box.width, dy / box.height);
      dragged = true;
    } else {
      return;
    }
    down.set(event.pointerId, { frame, x: event.clientX, y: event.clientY });
  });

  for (const end of ["pointerup", "pointercancel"]) {
    document.addEventListener(end, (event) => {
      down.delete(event.pointerId);
      if (wiping?.pointer === event.pointerId) wiping = null;
    });
  }

  document.addEventListener("wheel", (event) => {
    const frame = event.target.closest(".frame");
    if (!frame || !(event.ctrlKey || frame.closest("#stage"))) return;
    event.preventDefault();
    zoom(Math.exp(-limit(event.deltaY, -200, 200) / 300), ...across(event, frame));
  }, { passive: false });

  document.addEventListener("dblclick", (event) => {
    const frame = event.target.closest("#stage .frame");
    if (!frame || event.target.closest(".handle")) return;
    if (view.zoom > 1) resetZoom();
    else zoom(3, ...across(event, frame));
  });

  pictures.forEach((picture, index) => {
    picture.addEventListener("focus", () => select(index));
    picture.addEventListener("click", (event) => {
      if (dragged) {
        event.preventDefault();
        return;
      }
      select(index);
      pin(picture);
    });
  });
  for (const button of document.querySelectorAll(".copy")) {
    const { command } = button.closest(".tile").querySelector(".picture").dataset;
    button.title = command;
    button.addEventListener("click", () => copy(command, button));
  }

  function measure() {
    root.style.setProperty("--desk", `${document.querySelector(".desk").offsetHeight}px`);
  }

  wipeInput.addEventListener("input", () => wipe(Number(wipeInput.value)));
  sizeInput.addEventListener("input", () => root.style.setProperty("--tile", `${sizeInput.value}px`));
  document.getElementById("zoom-in").addEventListener("click", () => zoom(1.5));
  document.getElementById("zoom-out").addEventListener("click", () => zoom(1 / 1.5));
  document.getElementById("zoom-reset").addEventListener("click", resetZoom);
  document.getElementById("unpin").addEventListener("click", unpin);
  addEventListener("resize", measure);

  if (matchMedia("(max-width: 40rem)").matches) {
    sizeInput.value = 160;
    root.style.setProperty("--tile", "160px");
  }
  select(0);
  show();
  measure();
})();
