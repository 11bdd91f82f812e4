// Before anything of a page, where frames are made as fast as they can be: scripts that draw in each one keep to sixty a
// second, as they would with a screen, and leave the processor to others.
(() => {
  const SPAN = 1000 / 60;
  const next = window.requestAnimationFrame.bind(window);
  const waiting = new Map();
  let last = -SPAN;
  let count = 0;
  let isAsked = false;
  const draw = (now) => {
    last = performance.now();
    isAsked = false;
    // what is asked for from here on belongs to the next frame
    for (const id of [...waiting.keys()]) {
      const callback = waiting.get(id);
      if (!waiting.delete(id)) continue;
      try {
        callback(now);
      } catch (error) {
        reportError(error);
      }
    }
  };
  window.requestAnimationFrame = (callback) => {
    if (typeof callback !== 'function') return next(callback);
    waiting.set((count += 1), callback);
    const wait = last + SPAN - performance.now();
    if (!isAsked) wait > 0 ? setTimeout(next, wait, draw) : next(draw);
    isAsked = true;
    return count;
  };
  window.cancelAnimationFrame = (id) => {
    waiting.delete(id);
  };
})();
