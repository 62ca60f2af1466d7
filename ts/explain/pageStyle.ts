/** The look of the page: one ink on one paper, each other colour a mix of the two, so that dark screens only swap them. */
export const pageStyle = `
:root { color-scheme: light dark; --ink: #14213d; --paper: #fff; --mark: #e07a1f; --against: #2f74c0; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8ecf4; --paper: #12151c; --mark: #ffab5e; --against: #6fb1ff; } }
body { margin: 2rem auto; max-width: 76rem; padding: 0 1rem; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; }
section { margin-top: 2.5rem; border-top: 1px solid color-mix(in srgb, var(--ink) 25%, var(--paper)); }
h1 { font-size: 1.6rem; }
h2 { font-size: 1.15rem; font-weight: 500; line-height: 1.9; }
h2 span, .words > span { padding: .15em .25em; border-radius: .25em;
  background: color-mix(in srgb, var(--mark) var(--strength), var(--paper)); }
.against { --mark: var(--against); }
p.words { margin: 1rem 0 0; font-size: 1.15rem; line-height: 1.9; }
ul { padding: 0; list-style: none; }
.maps { display: flex; flex-wrap: wrap; gap: 1.5rem; }
figure { margin: 0; max-width: 100%; overflow-x: auto; }
figcaption { font-size: .85rem; }
svg { fill: var(--ink); font: 11px ui-monospace, monospace; }
svg rect:not(.frame) { fill: var(--mark); }
svg rect:hover { stroke: var(--ink); }
.line { --line: var(--mark); }
.line-1 { --line: var(--ink); }
.line-2 { --line: color-mix(in srgb, var(--mark) 50%, var(--ink)); }
.line-3 { --line: color-mix(in srgb, var(--ink) 50%, var(--paper)); }
.line path { fill: none; stroke: var(--line); stroke-width: 1.5; }
.line circle, .line text { fill: var(--line); }
.frame { fill: none; stroke: color-mix(in srgb, var(--ink) 25%, var(--paper)); }
`;
