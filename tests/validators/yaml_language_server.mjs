// What the YAML language server of editors says of one file: its diagnostics, and what it offers at places.
// stdin: {"file": path, "places": [[line, character], ...]}, counted from 0.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const { file, places } = JSON.parse(readFileSync(0, "utf8"));
const program = createRequire(import.meta.url).resolve("yaml-language-server/bin/yaml-language-server");
const server = spawn(process.execPath, [program, "--stdio"], { stdio: ["pipe", "pipe", "inherit"] });
const uri = pathToFileURL(file).href;
const waiting = new Map();
let answered = 0;

const send = (message) => {
  const text = JSON.stringify({ jsonrpc: "2.0", ...message });
  server.stdin.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
};
const notify = (method, params) => send({ method, params });
const ask = (method, params) =>
  new Promise((resolve, reject) => {
    const id = ++answered;
    waiting.set(id, { resolve, reject });
    send({ id, method, params });
  });
const diagnosed = new Promise((resolve) => waiting.set("textDocument/publishDiagnostics", { resolve }));

// The store of schemas is on the network, and what a spec is stands in the file that its first line names.
const settings = { yaml: { validate: true, completion: true, hover: true, schemaStore: { enable: false } } };
const receive = ({ id, method, params, result, error }) => {
  if (method === "workspace/configuration") {
    send({ id, result: params.items.map(({ section }) => settings[section] ?? {}) });
  } else if (method && id !== undefined) {
    send({ id, result: null });
  } else if (method) {
    waiting.get(method)?.resolve(params);
  } else if (error) {
    waiting.get(id).reject(new Error(error.message));
  } else {
    waiting.get(id).resolve(result);
  }
};

let buffer = Buffer.alloc(0);
server.stdout.on("data", (chunk) => {
  buffer = Buffer.concat([buffer, chunk]);
  for (;;) {
    const end = buffer.indexOf("\r\n\r\n");
    const length = Number(/Content-Length: (\d+)/.exec(buffer.subarray(0, Math.max(end, 0)))?.[1]);
    if (end < 0 || buffer.length < end + 4 + length) return;
    const text = buffer.subarray(end + 4, end + 4 + length);
    buffer = buffer.subarray(end + 4 + length);
    receive(JSON.parse(text));
  }
});

const capabilities = {
  workspace: { configuration: true },
  textDocument: { completion: { completionItem: { documentationFormat: ["plaintext"] } }, publishDiagnostics: {} },
};
await ask("initialize", { processId: process.pid, rootUri: null, capabilities });
notify("initialized", {});
notify("workspace/didChangeConfiguration", { settings });
const text = readFileSync(file, "utf8");
notify("textDocument/didOpen", { textDocument: { uri, languageId: "yaml", version: 1, text } });
const { diagnostics } = await diagnosed;
const offered = [];
for (const [line, character] of places) {
  const position = { line, character };
  const { items } = await ask("textDocument/completion", { textDocument: { uri }, position });
  const hover = await ask("textDocument/hover", { textDocument: { uri }, position });
  offered.push({ completions: items.map(({ label }) => label), hover: hover?.contents?.value ?? "" });
}
await ask("shutdown", null);
notify("exit", null);
process.stdout.write(JSON.stringify({ diagnostics, offered }));
