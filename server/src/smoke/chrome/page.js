// Runs in the page. The first argument names the verb, the rest is for it.
// An element is answered as { el } or, when it cannot be used yet, as { why }.
const norm = (text) => (text || '').replace(/\s+/g, ' ').trim();

const visible = (el) =>
  el.getClientRects().length > 0 && (!el.checkVisibility || el.checkVisibility({ visibilityProperty: true }));

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

const byText = (text) => {
  const named = (el) => reads(el, text) || norm(el.value) === text || [el.getAttribute('aria-label'), el.alt].some((name) => norm(name) === text);
  const shown = [...document.querySelectorAll(CLICKABLE)].filter((el) => named(el) && visible(el));
  if (shown.length) return shown.find((el) => !el.disabled) || shown[0];
  const others = [...document.querySelectorAll('body *')].filter((el) => reads(el, text) && visible(el));
  return others.find((el) => !others.some((other) => other !== el && el.contains(other)));
};

const byLabel = (text) => {
  const hits = [];
  for (const label of document.querySelectorAll('label')) {
    if (!label.control || !sameLabel(labelText(label), text)) continue;
    // a box drawn by its label is hidden itself
    hits.push(visible(label.control) ? label.control : label);
  }
  for (const el of document.querySelectorAll('[aria-label], [aria-labelledby], [placeholder]')) {
    const by = (el.getAttribute('aria-labelledby') || '').split(/\s+/).filter(Boolean);
    const names = by.map((id) => document.getElementById(id)?.textContent).join(' ');
    if ([el.getAttribute('aria-label'), names, el.getAttribute('placeholder')].some((name) => sameLabel(norm(name), text))) hits.push(el);
  }
  return hits.find(visible);
};

const WANTED = {
  label: (text) => `no field is labelled "${text}"`,
  text: (text) => `no button, link or other text reads "${text}"`,
  css: (text) => `no element is selected by \`${text}\``,
};

const find = (kind, text) => {
  let el;
  if (kind === 'css') {
    let all;
    try {
      all = [...document.querySelectorAll(text)];
    } catch (error) {
      return { bad: String(error.message) };
    }
    el = all.find(visible) || all[0];
  } else {
    el = kind === 'label' ? byLabel(norm(text)) : byText(norm(text));
  }
  if (!el) return { why: WANTED[kind](text) };
  if (el.disabled || el.getAttribute('aria-disabled') === 'true') return { why: `"${text}" is disabled` };
  return { el };
};

const exposed = (secrets) => {
  const text = document.body?.innerText || '';
  return secrets.some((secret) => text.includes(secret));
};

const verbs = {
  element: find,

  exposed,

  field: (kind, text, isSecret) => {
    const found = find(kind, text);
    if (!found.el) return found;
    const el = found.el;
    const takesText =
      el.isContentEditable ||
      el.tagName === 'TEXTAREA' ||
      (el.tagName === 'INPUT' && !['checkbox', 'radio', 'button', 'submit', 'reset', 'image', 'range', 'color'].includes(el.type));
    if (!takesText) return { why: `"${text}" is no field that takes text` };
    if (el.readOnly) return { why: `"${text}" cannot be changed` };
    // what is typed here must not be legible in a picture
    if (isSecret) el.style.setProperty('-webkit-text-security', 'disc', 'important');
    return { el, filled: Boolean(el.isContentEditable ? el.textContent : el.value) };
  },

  option: (kind, text, wanted) => {
    const found = find(kind, text);
    if (!found.el) return found;
    if (found.el.tagName !== 'SELECT') return { why: `"${text}" is no list to choose from` };
    const option = [...found.el.options].find((one) => norm(one.label) === norm(wanted) || norm(one.textContent) === norm(wanted));
    if (!option) return { why: `"${text}" does not offer "${wanted}"` };
    if (option.disabled) return { why: `"${wanted}" is disabled in "${text}"` };
    return { el: option };
  },

  shows: (text) => {
    const wanted = norm(text);
    if (!document.body) return false;
    if (norm(document.body.innerText).includes(wanted)) return true;
    if (!norm(document.body.textContent).includes(wanted)) return false;
    return [...document.querySelectorAll('body *')].some((el) => norm(el.textContent).includes(wanted) && visible(el));
  },

  excerpt: () => norm(document.body?.innerText).slice(0, 200),

  // at rest: loaded, in its own fonts, with its pictures; answers where it is and whether a secret can be read on it
  settle: (pause, limit, secrets, done) => {
    const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
    const loaded = () =>
      document.readyState === 'complete' ? null : new Promise((resolve) => addEventListener('load', resolve, { once: true }));
    const rest = async () => {
      if (pause) await wait(pause);
      await loaded();
      await document.fonts?.ready;
      await Promise.allSettled([...document.images].filter((img) => img.complete && visible(img)).map((img) => img.decode()));
    };
    Promise.race([rest(), wait(limit)]).finally(() => done({ url: location.href, exposed: exposed(secrets) }));
  },
};

return verbs[arguments[0]](...[...arguments].slice(1));
