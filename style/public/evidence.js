// Keys, a smoother slider, and drawing of masks for the evidence page. All of it can be done without.
const find = (selector) => document.querySelector(selector);

const keys = {
  ArrowLeft: "#k-prev", ArrowRight: "#k-next", ArrowUp: "#k-up", ArrowDown: "#k-down", n: "#k-open",
  1: "[data-view=side]", 2: "[data-view=slider]", 3: "[data-view=blink]", 4: "[data-view=heat]",
};
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea, pre, .scroll")) return;
  const link = keys[event.key] && find(keys[event.key]);
  if (link) {
    event.preventDefault();
    link.click();
    return;
  }
  const form = { a: "#k-accept", r: "#k-reject" }[event.key];
  const open = form && find(form);
  if (open) {
    event.preventDefault();
    open.open = true;
    open.querySelector("input[name=reason]").focus();
  }
});
for (const hint of document.querySelectorAll(".keys")) hint.hidden = false;

const slider = find("[data-slider]");
if (slider) {
  const range = document.createElement("input");
  const over = slider.querySelector(".over");
  Object.assign(range, { type: "range", min: 0, max: 100, step: 0.5, value: parseFloat(over.style.width) });
  range.setAttribute("aria-label", "How much of the new picture is shown");
  range.addEventListener("input", () => { over.style.width = `${range.value}%`; });
  slider.classList.add("scripted");
  slider.append(range);
}

// a rectangle drawn on the new picture fills the mask's four fields, in the picture's own pixels
const form = find("[data-draw]");
const picture = find(".look .pic");
if (form && picture) {
  const image = picture.querySelector("img");
  const fields = [...form.querySelectorAll("[data-mask]")];
  const box = document.createElement("i");
  box.className = "drawn";
  let from = null;
  const at = (event) => {
    const frame = image.getBoundingClientRect();
    const scale = image.naturalWidth / frame.width;
    const within = (value, most) => Math.max(0, Math.min(Math.round(value), most));
    return {
      x: within((event.clientX - frame.left) * scale, image.naturalWidth),
      y: within((event.clientY - frame.top) * scale, image.naturalHeight), scale,
    };
  };
  const show = (a, b) => {
    const rect = { x: Math.min(a.x, b.x), y: Math.min(a.y, b.y), width: Math.abs(a.x - b.x), height: Math.abs(a.y - b.y) };
    for (const field of fields) field.value = rect[field.dataset.mask];
    Object.assign(box.style, {
      left: `${rect.x / a.scale}px`, top: `${rect.y / a.scale}px`, width: `${rect.width / a.scale}px`, height: `${rect.height / a.scale}px`,
    });
  };
  const details = form.closest("details");
  details.addEventListener("toggle", () => {
    picture.classList.toggle("drawing", details.open);
    if (details.open) picture.append(box);
    else box.remove();
  });
  form.querySelector("[data-draw-hint]").hidden = false;
  image.draggable = false;
  picture.addEventListener("click", (event) => { if (details.open) event.preventDefault(); });
  picture.addEventListener("pointerdown", (event) => {
    if (!details.open) return;
    event.preventDefault();
    picture.setPointerCapture(event.pointerId);
    from = at(event);
  });
  picture.addEventListener("pointermove", (event) => { if (from) show(from, at(event)); });
  picture.addEventListener("pointerup", (event) => {
    if (from) show(from, at(event));
    from = null;
  });
}

// what is still being compared is ready a moment later
if (find("[data-comparing]")) setTimeout(() => location.reload(), 1500);
