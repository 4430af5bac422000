/** Lays beside.css over the page. Constructed and not linked: it is there before anything that needs it is shown. */
import rules from '../beside.css?inline';

const sheet = new CSSStyleSheet();
sheet.replaceSync(rules);
document.adoptedStyleSheets.push(sheet);
