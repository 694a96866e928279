// The namespace of the report's scripts, the data, and how elements are made. All text comes into
// the page here, as text nodes: nothing that a scenario or a trace says is ever parsed as markup.
'use strict';
window.lmsim = (function () {
  const svg_space = 'http://www.w3.org/2000/svg';
  const data = JSON.parse(document.getElementById('data').textContent);

  // Characters that would be invisible, or would turn the text around them, by their numbers; as
  // the program does on a terminal.
  const unseen = new RegExp('[\\u0000-\\u0008\\u000B-\\u001F\\u007F-\\u009F\\u200B\\u200E\\u200F' +
    '\\u2028-\\u202E\\u2060-\\u2069\\uFEFF\\uFFFE\\uFFFF]', 'g');
  function shown(text) {
    return String(text).replace(unseen, (c) =>
      '\\u' + c.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0'));
  }

  function fill(node, attributes, children) {
    for (const [name, value] of Object.entries(attributes || {})) {
      if (value === undefined || value === null || value === false) continue;
      if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
      else node.setAttribute(name, value === true ? '' : shown(value));
    }
    add(node, children);
    return node;
  }
  function add(node, children) {
    for (const child of children) {
      if (child === undefined || child === null || child === false) continue;
      if (Array.isArray(child)) add(node, child);
      else node.append(child instanceof Node ? child : shown(child));
    }
  }
  function el(name, attributes, ...children) {
    return fill(document.createElement(name), attributes, children);
  }
  function svg(name, attributes, ...children) {
    return fill(document.createElementNS(svg_space, name), attributes, children);
  }

  /// The value of "downtime.parts.3.ps" in result.json; undefined if there is none.
  function at(path) {
    let value = data.result;
    for (const key of path.split('.')) {
      if (value === undefined || value === null) return undefined;
      value = value[key];
    }
    return value;
  }

  let ids = 0;
  function id(word) {
    ids += 1;
    return word + '-' + ids;
  }

  return {data, el, svg, at, id, shown};
})();
