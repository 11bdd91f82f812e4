// Before anything of a page: what moves has arrived at once. Not `none`: pages wait for the end of an animation.
(() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(
    '*, *::before, *::after { animation-duration: 1ms !important; animation-delay: 0s !important;' +
      'animation-iteration-count: 1 !important; transition-duration: 1ms !important; transition-delay: 0s !important;' +
      'scroll-behavior: auto !important; caret-color: transparent !important; }'
  );
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
})();
