// Reads a JSON list of paths on stdin, checks each file, and writes one JSON list of {file, line, rule, message}.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { TextDocument } from "vscode-languageserver-textdocument";

/** `check` answers a document with diagnostics of the language server protocol. */
export async function lint(check) {
  const reports = [];
  for (const file of JSON.parse(readFileSync(0, "utf8"))) {
    const document = TextDocument.create(pathToFileURL(file).href, "yaml", 1, readFileSync(file, "utf8"));
    for (const { range, code, message } of await check(document)) {
      reports.push({ file, line: range.start.line + 1, rule: String(code ?? "diagnostic"), message });
    }
  }
  process.stdout.write(JSON.stringify(reports));
}
