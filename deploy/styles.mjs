// Bootstrap, cut down to what our templates and those of crispy-bootstrap5 use.
import { readFileSync } from "node:fs";
import { PurgeCSS } from "purgecss";

const [templates, crispy] = process.argv.slice(2);
const folders = "{accounts,appointments,catalogue,components,demo,forms,inquiries,portal}";

const all = (text, pattern) => [...text.matchAll(pattern)].flatMap(([, value]) => value.split(/[\s{}%]+/));

// What Django writes for the fields of forms.
const FIELDS = ["fieldset", "input", "label", "legend", "option", "select", "textarea"];

// Elements and classes as they stand in markup; the words of sentences are neither.
const names = (text) => ({
  tags: [...all(text, /<([a-z]+\d?)/g), ...FIELDS],
  classes: all(text, /\bclass="([^"]*)"/g),
  ids: [],
  // Which type an input has, Django says while it runs.
  attributes: { names: ["type", "hidden", "dir"], values: ["radio", "checkbox", "search"] },
  undetermined: [],
});

const [bootstrap] = await new PurgeCSS().purge({
  css: [{ raw: readFileSync("node_modules/bootstrap/dist/css/bootstrap.css", "utf8") }],
  content: [
    `${templates}/*.html`,
    `${templates}/${folders}/*.html`,
    `${crispy}/field.html`,
    `${crispy}/layout/{field_errors,field_errors_block,help_text,radio_checkbox_select}.html`,
  ],
  defaultExtractor: names,
  // Given to widgets by crispy's own code; and classes of ours which Bootstrap has for something else.
  safelist: ["form-control", "form-select", "form-check-input", "is-invalid"],
  blocklist: ["breadcrumb", "col", "row"],
  variables: true,
  keyframes: true,
});
process.stdout.write(bootstrap.css);
