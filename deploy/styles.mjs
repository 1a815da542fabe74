// Print Bootstrap without the rules that neither our templates nor crispy-bootstrap5 use.
import { readFileSync } from "node:fs";
import { PurgeCSS } from "purgecss";

const [templates, crispy] = process.argv.slice(2);
const folders = "{accounts,appointments,catalogue,components,demo,forms,inquiries,portal}";

const all = (text, pattern) => [...text.matchAll(pattern)].flatMap(([, value]) => value.split(/[\s{}%]+/));

// The elements that Django writes for form fields.
const FIELDS = ["fieldset", "input", "label", "legend", "option", "select", "textarea"];

// Only elements and classes of the markup count; words of sentences must not keep a rule.
const names = (text) => ({
  tags: [...all(text, /<([a-z]+\d?)/g), ...FIELDS],
  classes: all(text, /\bclass="([^"]*)"/g),
  ids: [],
  // Django sets the type of an input at run time, so the templates do not show it.
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
  // crispy's code adds the classes of the safelist to widgets. The blocklist holds class names of the
  // portal that Bootstrap uses for something else.
  safelist: ["form-control", "form-select", "form-check-input", "is-invalid"],
  blocklist: ["breadcrumb", "col", "row"],
  variables: true,
  keyframes: true,
});
process.stdout.write(bootstrap.css);
