import { escapeHtml } from "./escape.ts";
import { pageStyle } from "./pageStyle.ts";

/** A whole page around `body`, which loads nothing and runs no script. */
export function page(title: string, body: string): string {
  const name = escapeHtml(title);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${name}</title>
<style>${pageStyle}</style>
</head>
<body>
<h1>${name}</h1>
${body}
</body>
</html>
`;
}
