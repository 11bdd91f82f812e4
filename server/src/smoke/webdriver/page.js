// Runs in the page. The first argument names the verb, the rest is for it. The answer is a list of one: a bare `null`
// is the driver's.
// Finding answers { el, ... }, { missing } or, when it cannot be used yet, { why }; a selector that is none, { bad }.
const norm = (text) => (text || '').replace(/\s+/g, ' ').trim();

const visible = (el) =>
  el.getClientRects().length > 0 && (!el.checkVisibility || el.checkVisibility({ visibilityProperty: true }));

// what a person reads: nothing where nothing can be seen
const shown = (el) => (visible(el) ? (el.innerText ?? '').replace(/\u00a0/g, ' ').trim() : '');

// by what is written and by what is shown: styles may change the case
const reads = (el, text) => norm(el.innerText) === text || norm(el.textContent) === text;

const labelText = (label) => {
  const copy = label.cloneNode(true);
  copy.querySelectorAll('input, select, textarea, button, output').forEach((part) => part.remove());
  return norm(copy.textContent);
};

const sameLabel = (found, text) => found === text || found.replace(/[\s:*]+$/, '') === text;

const CLICKABLE =
  'button, a[href], summary, input[type=submit], input[type=button], input[type=reset], input[type=image],' +
  '[role=button], [role=link], [role=tab], [role=menuitem], [role=option], [role=switch], [role=checkbox]';

const below = (root) => [...root.querySelectorAll(root === document ? 'body *' : '*')];

const byText = (text, root) => {
  const named = (el) => reads(el, text) || norm(el.value) === text || [el.getAttribute('aria-label'), el.alt].some((name) => norm(name) === text);
  const hits = [...root.querySelectorAll(CLICKABLE)].filter((el) => named(el) && visible(el));
  if (hits.length) return [hits.find((el) => !el.disabled) || hits[0]];
  const others = below(root).filter((el) => reads(el, text) && visible(el));
  return others.filter((el) => !others.some((other) => other !== el && el.contains(other)));
};

const byLabel = (text, root) => {
  const hits = [];
  for (const label of root.querySelectorAll('label')) {
    if (!label.control || !sameLabel(labelText(label), text)) continue;
    // a box drawn by its label is hidden itself
    hits.push(visible(label.control) ? label.control : label);
  }
  for (const el of root.querySelectorAll('[aria-label], [aria-labelledby], [placeholder]')) {
    const by = (el.getAttribute('aria-labelledby') || '').split(/\s+/).filter(Boolean);
    const names = by.map((id) => el.getRootNode().getElementById?.(id)?.textContent).join(' ');
    if ([el.getAttribute('aria-label'), names, el.getAttribute('placeholder')].some((name) => sameLabel(norm(name), text))) hits.push(el);
  }
  return hits.filter(visible);
};

// every element, those in open shadow roots too
const deep = function* (root) {
  for (const el of root.querySelectorAll('*')) {
    yield el;
    if (el.shadowRoot) yield* deep(el.shadowRoot);
  }
};

// the smallest ones whose text, their shadow's too, holds this
const byPart = (text, root) => {
  const texts = new Map();
  const read = (node) => {
    if (node.nodeType === Node.TEXT_NODE) return node.nodeValue;
    if (['SCRIPT', 'STYLE', 'NOSCRIPT', 'HEAD'].includes(node.nodeName)) return '';
    let all = '';
    for (const child of node.childNodes) all += read(child);
    if (node.shadowRoot) all += read(node.shadowRoot);
    if (node.nodeName === 'INPUT' && !['password', 'hidden', 'checkbox', 'radio'].includes(node.type)) all += node.value;
    if (node.nodeType === Node.ELEMENT_NODE) texts.set(node, norm(all));
    return all;
  };
  read(root === document ? document.documentElement : root);
  const holds = (el) => (texts.get(el) || '').includes(text);
  const inner = (el) => [...el.children, ...(el.shadowRoot ? el.shadowRoot.children : [])].some(holds);
  return [...texts.keys()].filter((el) => holds(el) && !inner(el));
};

// a stand-in for the accessible name, where the browser cannot be asked for it
const called = ({ name, role }, root) => {
  const ROLES = { A: 'link', BUTTON: 'button', SELECT: 'combobox', TEXTAREA: 'textbox', IMG: 'img', H1: 'heading', H2: 'heading', H3: 'heading' };
  const KINDS = { checkbox: 'checkbox', radio: 'radio', submit: 'button', button: 'button', reset: 'button', image: 'button', number: 'spinbutton', range: 'slider', search: 'searchbox' };
  const roleOf = (el) => el.getAttribute('role') || (el.tagName === 'INPUT' ? KINDS[el.type] || 'textbox' : ROLES[el.tagName]);
  const nameOf = (el) => {
    const by = (el.getAttribute('aria-labelledby') || '').split(/\s+/).filter(Boolean);
    const label = [...(el.labels || [])].map(labelText).join(' ');
    const button = el.tagName === 'INPUT' && KINDS[el.type] === 'button' && el.value;
    const field = ['INPUT', 'SELECT', 'TEXTAREA'].includes(el.tagName);
    const names = [by.map((id) => el.getRootNode().getElementById?.(id)?.textContent).join(' '), el.getAttribute('aria-label'), label, el.alt, button, field ? '' : el.textContent, el.title, el.placeholder];
    return norm(names.find((one) => norm(one)));
  };
  const hits = [...deep(root)].filter((el) => (!role || roleOf(el) === role) && nameOf(el) === name && visible(el));
  // what only holds the one that is called so has the same text
  return hits.filter((el) => !hits.some((other) => other !== el && el.contains(other)));
};

const byPath = (path, root) => {
  const found = document.evaluate(path, root, null, XPathResult.ORDERED_NODE_SNAPSHOT_TYPE, null);
  return Array.from({ length: found.snapshotLength }, (_, at) => found.snapshotItem(at)).filter((node) => node.nodeType === Node.ELEMENT_NODE);
};

const links = (root, fits) => [...root.querySelectorAll('a')].filter((el) => fits(shown(el)));

const contains = (root, el) => {
  for (let node = el; node; node = node.parentNode || node.host) if (node === root) return true;
  return false;
};

const BY = {
  label: (text, root) => byLabel(norm(text), root),
  text: (text, root) => byText(norm(text), root),
  css: (css, root) => [...root.querySelectorAll(css)],
  reads: (text, root) => byPart(norm(text), root),
  pierce: (css, root) => [...deep(root)].filter((el) => el.matches(css)),
  named: called,
  // what the browser found by accessible name
  elements: (all, root) => all.filter((el) => contains(root, el)),
  id: (id, root) => [...root.querySelectorAll(`[id="${CSS.escape(id)}"]`)],
  name: (name, root) => [...root.querySelectorAll(`[name="${CSS.escape(name)}"]`)],
  first_css: (css, root) => [...root.querySelectorAll(css)],
  xpath: byPath,
  link_text: (text, root) => links(root, (found) => found === text.trim()),
  partial_link_text: (text, root) => links(root, (found) => found.includes(text.trim())),
  nested: (path, root) =>
    path.reduce((roots, step, at) => [...new Set(roots.flatMap((one) => all(step, at ? one.shadowRoot || one : one)))], [root]),
};

const STANDARD = ['id', 'name', 'first_css', 'xpath', 'link_text', 'partial_link_text'];

const all = (locator, root) => {
  const [[by, what]] = Object.entries(locator);
  return BY[by](what, root);
};

const isStandard = (locator) => STANDARD.includes(Object.keys(locator)[0]);

// where the element is remembered for its box in the picture
const MARK = Symbol.for('pitlane');

// a box drawn by its label stands for the box
const fieldOf = (el) => (el.tagName === 'LABEL' && el.control) || el;

const NO_TEXT = ['checkbox', 'radio', 'button', 'submit', 'reset', 'image', 'range', 'color', 'hidden'];
const SET = ['range', 'color', 'date', 'time', 'month', 'week', 'datetime-local'];

const takes = (field) => {
  if (field.tagName === 'SELECT') return 'choice';
  if (field.isContentEditable || field.tagName === 'TEXTAREA') return 'text';
  if (field.tagName !== 'INPUT') return 'nothing';
  if (field.type === 'file') return 'file';
  if (['checkbox', 'radio'].includes(field.type)) return 'tick';
  if (SET.includes(field.type)) return 'set';
  return NO_TEXT.includes(field.type) ? 'nothing' : 'text';
};

const ticked = (field) => {
  if (field.tagName === 'OPTION') return field.selected;
  if (field.tagName === 'INPUT') return ['checkbox', 'radio'].includes(field.type) && field.checked;
  return field.getAttribute('aria-checked') === 'true';
};

// whether a click on this point of it is a click on it, and nothing more
const isOnTop = (el, { x, y }) =>
  !['OPTION', 'AREA'].includes(el.tagName) && el.type !== 'file' && within(el) && contains(el, el.getRootNode().elementFromPoint(x, y));

const facts = (el) => {
  const field = fieldOf(el);
  const shape = el.getClientRects()[0] || el.getBoundingClientRect();
  const seen = (from, length, end) => (Math.max(from, 0) + Math.min(from + length, end)) / 2;
  const middle = { x: seen(shape.x, shape.width, innerWidth), y: seen(shape.y, shape.height, innerHeight) };
  return {
    takes: takes(field),
    filled: Boolean(field.isContentEditable ? field.textContent : field.value),
    checked: ticked(field),
    editable: !field.disabled && !field.readOnly,
    multiple: Boolean(field.multiple),
    draggable: Boolean(el.closest('[draggable=true]')),
    edits: el.contentEditable === 'true',
    value: 'value' in field ? String(field.value) : field.getAttribute('value'),
    corner: { x: shape.x, y: shape.y },
    middle,
    on_top: isOnTop(el, middle),
  };
};

// the first of a locator's elements, if it has any
const first = (locators) => {
  for (const [by, locator] of locators.entries()) {
    let hits;
    try {
      hits = all(locator, document);
    } catch (error) {
      // one that is only there for when the first fails is no reason to stop
      if (by === 0) return { bad: String(error.message) };
      continue;
    }
    const el = isStandard(locator) ? hits[0] : hits.find(visible) || hits[0];
    if (el) return { el, by, standard: isStandard(locator), hits };
  }
  return { missing: true };
};

const find = (locators, { usable, hide }) => {
  const found = first(locators);
  if (!found.el) return found;
  const { el, by, standard } = found;
  window[MARK] = el;
  if (usable && !standard && (el.disabled || el.getAttribute('aria-disabled') === 'true')) return { by, why: 'is disabled' };
  // what is typed here must not be legible in a picture
  if (hide) el.style.setProperty('-webkit-text-security', 'disc', 'important');
  return { el, by, ...facts(el) };
};

// where it is in the top window, as far as this can be known
const boxOf = (el) => {
  let { x, y, width, height } = el.getBoundingClientRect();
  for (let view = el.ownerDocument.defaultView; view !== view.top; view = view.parent) {
    const frame = view.frameElement;
    if (!frame) return null;
    const around = frame.getBoundingClientRect();
    x += around.x + frame.clientLeft;
    y += around.y + frame.clientTop;
  }
  return { x: Math.floor(x), y: Math.floor(y), width: Math.ceil(width), height: Math.ceil(height) };
};

const frame = () => new Promise((resolve) => {
  // frames may come faster than what moves gets anywhere
  setTimeout(requestAnimationFrame, 16, resolve);
  // a window that is not painted has no frames
  setTimeout(resolve, 50);
});

const within = (el) => {
  const { left, top, right, bottom } = el.getBoundingClientRect();
  return left >= 0 && top >= 0 && right <= innerWidth && bottom <= innerHeight;
};

// visible, usable, where it was a frame ago, and in the viewport
const still = async (locators, options) => {
  const found = find(locators, options);
  if (!found.el) return found;
  const { el, by } = found;
  if (!isStandard(locators[by]) && !visible(el)) return { by, why: 'cannot be seen' };
  if (!within(el)) el.scrollIntoView({ block: 'center', inline: 'center', behavior: 'instant' });
  const place = () => JSON.stringify(el.getBoundingClientRect());
  await frame();
  const before = place();
  await frame();
  return el.isConnected && place() === before ? { el, by, ...facts(el) } : { by, why: 'is still moving' };
};

// the topmost document that can be looked at from here
const topmost = () => {
  let view = window;
  while (view !== view.parent && view.frameElement) view = view.parent;
  return view.document;
};

// this document, those in its frames, and how many frames cannot be looked into
const documents = (root) => {
  const found = { open: [root], closed: 0 };
  for (const el of deep(root)) {
    if (el.tagName !== 'IFRAME' && el.tagName !== 'FRAME') continue;
    let inner;
    try {
      inner = el.contentDocument;
    } catch {
      inner = null;
    }
    if (inner) {
      const { open, closed } = documents(inner);
      found.open.push(...open);
      found.closed += closed;
    } else if (visible(el)) found.closed += 1;
  }
  return found;
};

const plain = (text) => (text || '').replace(/\s+/g, ' ').toLowerCase();

// whether one of these texts can be read on the page, or in one of its frames
const exposed = (secrets) => {
  if (!secrets.length) return { exposed: false, closed: 0, frames: 0 };
  const wanted = secrets.map(plain);
  const holds = (text) => wanted.some((secret) => plain(text).includes(secret));
  const { open, closed } = documents(topmost());
  const legible = (el) =>
    (el.tagName === 'TEXTAREA' || (el.tagName === 'INPUT' && !['password', 'hidden'].includes(el.type))) &&
    holds(el.value) &&
    getComputedStyle(el).webkitTextSecurity !== 'disc' &&
    visible(el);
  const shows = (root) => {
    if (holds(root.body?.innerText)) return true;
    for (const el of deep(root)) {
      if (legible(el)) return true;
      if (el.shadowRoot && [...el.shadowRoot.children].some((child) => holds(child.innerText))) return true;
    }
    return false;
  };
  return { exposed: open.some(shows), closed, frames: window.length };
};

const masked = (selectors) => {
  const boxes = [];
  for (const selector of selectors) {
    for (const root of documents(topmost()).open) {
      for (const el of root.querySelectorAll(selector)) {
        const box = visible(el) && boxOf(el);
        if (box) boxes.push(box);
      }
    }
  }
  return boxes.slice(0, 200);
};

const optionOf = (list, by, wanted) => {
  const spaces = (text) => norm((text || '').replace(/\u00a0/g, ' '));
  const LOOKS = {
    label: (one) => one.textContent === wanted,
    label_mostly: (one) => spaces(one.textContent) === wanted,
    value: (one) => one.getAttribute('value') === wanted,
    id: (one) => one.id === wanted,
  };
  // counted as the standard's `:nth-child` does
  if (by === 'index') return list.querySelector(`:nth-child(${wanted + 1})`);
  const here = [...list.querySelectorAll('*')].find(LOOKS[by]);
  // Selenium IDE looks for labels in the whole page
  return here || (by.startsWith('label') ? [...document.querySelectorAll('option')].find(LOOKS[by]) : undefined);
};

// choosing what is chosen changes nothing; not every driver knows
const kept = (list, option) => option.selected && !list.multiple && option.closest('select') === list;

// what the standard's drivers take an attribute for: what it is now, rather than what was written
const attribute = (el, name) => {
  const BOOLEAN = ['async', 'autofocus', 'autoplay', 'checked', 'controls', 'default', 'defer', 'disabled', 'formnovalidate', 'hidden', 'inert', 'ismap', 'loop', 'multiple', 'muted', 'novalidate', 'open', 'readonly', 'required', 'reversed', 'selected'];
  const ALIAS = { class: 'className', readonly: 'readOnly', for: 'htmlFor', maxlength: 'maxLength', tabindex: 'tabIndex' };
  const low = name.toLowerCase();
  const written = el.getAttribute(name);
  if (low === 'style') return el.style.cssText;
  if (['checked', 'selected'].includes(low) && ['INPUT', 'OPTION'].includes(el.tagName)) return ticked(el) ? 'true' : null;
  const now = el[ALIAS[low] || name];
  if (BOOLEAN.includes(low)) return written !== null || now === true ? 'true' : null;
  if (['href', 'src'].includes(low) && !written) return written;
  return now === undefined || now === null || typeof now === 'object' || typeof now === 'function' ? written : String(now);
};

const alike = (wanted, found) => {
  if (wanted === found) return true;
  // not by `instanceof`: what is wanted may come from another realm
  const isObject = (value) => value !== null && typeof value === 'object';
  if (!isObject(wanted) || !isObject(found)) return false;
  return Object.entries(wanted).every(([name, value]) => alike(value, found[name]));
};

// a value that only the element's own setter notices
const assign = (field, value) => {
  const home = field.tagName === 'SELECT' ? HTMLSelectElement : HTMLInputElement;
  field.focus();
  Object.getOwnPropertyDescriptor(home.prototype, 'value').set.call(field, value);
  for (const kind of ['input', 'change']) field.dispatchEvent(new Event(kind, { bubbles: true }));
};

// What answers later. A page that is left and kept for going back stands still: it must answer while it leaves, or the
// driver waits in vain.
const later = (work, done) => {
  const nothing = () => done(null);
  addEventListener('pagehide', nothing);
  work.then((answer) => done([answer]), nothing).finally(() => removeEventListener('pagehide', nothing));
};

const verbs = {
  find,

  still: (locators, options, done) => later(still(locators, options), done),

  count: (locators) => {
    const found = first(locators);
    return found.bad ? found : { count: found.el ? found.hits.length : 0 };
  },

  counted: (locators, { operator, count, visible, attributes, properties }) => {
    const found = first(locators);
    if (found.bad) return found;
    const hits = found.el ? found.hits : [];
    const enough = { at_least: hits.length >= count, exactly: hits.length === count, at_most: hits.length <= count }[operator];
    const fits = (el) =>
      Object.entries(attributes).every(([name, value]) => el.getAttribute(name) === value) && alike(properties, el);
    return { count: hits.length, holds: (enough && hits.every(fits)) === (visible !== false) };
  },

  option: (list, by, wanted) => {
    const option = optionOf(list, by, wanted);
    return option ? { el: option, selected: option.selected, kept: kept(list, option) } : { missing: true };
  },

  choice: (list, wanted) => {
    const option = [...list.options].find((one) => norm(one.label) === norm(wanted) || norm(one.textContent) === norm(wanted));
    if (!option) return { why: `does not offer "${wanted}"` };
    return option.disabled ? { why: `offers "${wanted}" disabled` } : { el: option, kept: kept(list, option) };
  },

  label: (list) => {
    const option = [...list.children].find((one) => one.tagName === 'OPTION' && one.getAttribute('value') === list.value);
    return (option || list.selectedOptions?.[0])?.text ?? null;
  },

  attribute,

  change: (el, value) => {
    const field = fieldOf(el);
    if (field.tagName === 'SELECT') {
      const options = [...field.options];
      const option = options.find((one) => one.value === value) || options.find((one) => norm(one.text) === norm(value));
      if (!option) return { why: `does not offer "${value}"` };
      value = option.value;
    }
    assign(field, value);
    return field.value === value ? {} : { why: `does not take "${value}"` };
  },

  edit: (el, text) => {
    el.innerText = text;
  },

  submit: (el) => {
    const form = el.closest('form');
    if (!form) return { why: 'is in no form' };
    if (form.dispatchEvent(new Event('submit', { bubbles: true, cancelable: true }))) HTMLFormElement.prototype.submit.call(form);
    return {};
  },

  scroll: (el, x, y) => (el ? el.scrollTo({ left: x, top: y, behavior: 'instant' }) : scroll({ left: x, top: y, behavior: 'instant' })),

  // beside an element, where the pointer is no longer on it
  beside: (el) => {
    const { left, top, right, bottom } = el.getBoundingClientRect();
    const [x, y] = [(left + right) / 2, (top + bottom) / 2];
    if (top >= 1) return { x, y: top - 1 };
    if (innerWidth > right + 1) return { x: right + 1, y };
    if (innerHeight > bottom + 1) return { x, y: bottom + 1 };
    return left >= 1 ? { x: left - 1, y } : {};
  },

  shows: (text) => {
    const wanted = norm(text);
    if (!document.body) return false;
    if (norm(document.body.innerText).includes(wanted)) return true;
    if (!norm(document.body.textContent).includes(wanted)) return false;
    return [...document.querySelectorAll('body *')].some((el) => norm(el.textContent).includes(wanted) && visible(el));
  },

  excerpt: () => norm(document.body?.innerText).slice(0, 200),

  frameAt: (url) => {
    const frames = [...document.querySelectorAll('iframe, frame')];
    const at = (el) => {
      try {
        return el.contentWindow.location.href;
      } catch {
        return el.src;
      }
    };
    return frames.find((el) => at(el) === url || el.src === url) || null;
  },

  // which document this is: another one has another beginning
  where: () => ({ url: location.href, began: performance.timeOrigin, title: topmost().title }),

  exposed,

  // at rest: loaded, in its own fonts, with its pictures; answers where it is, what a step's report says of it, and
  // whether a secret can be read on it
  settle: ({ pause, step_age, limit, secrets, masks, found }, done) => {
    const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    const loaded = () =>
      document.readyState === 'complete' ? null : new Promise((resolve) => addEventListener('load', resolve, { once: true }));
    const rest = async () => {
      // a page younger than the step is the one it led to
      if (pause && performance.now() >= step_age) await wait(pause);
      await loaded();
      await document.fonts?.ready;
      await Promise.allSettled([...document.images].filter((img) => img.complete && visible(img)).map((img) => img.decode()));
    };
    const state = () => {
      const el = found && window[MARK];
      let boxes, bad;
      try {
        boxes = masked(masks);
      } catch (error) {
        bad = String(error.message);
      }
      const box = el?.isConnected && visible(el) ? boxOf(el) : null;
      const whole = topmost() === document && window === top;
      return { url: whole ? location.href : null, here: verbs.where(), element: box, masked: boxes || [], bad, ...exposed(secrets) };
    };
    later(Promise.race([rest(), wait(limit)]).then(state, state), done);
  },
};

return [verbs[arguments[0]](...[...arguments].slice(1))];
