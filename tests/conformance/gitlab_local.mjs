// Asks gitlab-ci-local many things in one process: which jobs a pipeline has, or what becomes of them when it runs.
//
// argv: its file. Each line of standard input is a request, each line of standard output the answer to one.

import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

const [, , program] = process.argv;
const END = ".parse()})();";
const CALL = /await ([\w$]+)\(([\w$]+),new ([\w$]+),([\w$]+)\)/;

// The program is one file that exports nothing and begins at once; a copy beside it hands out what begins it.
async function handlerOf(path) {
  const text = readFileSync(path, "utf8");
  const call = CALL.exec(text);
  if (!call || text.split(END).length !== 2) throw new Error("this is not the gitlab-ci-local that is known here");
  const copy = join(dirname(path), `.handler-${process.pid}.js`);
  writeFileSync(copy, text.replace(END, `.parse()});export{${call[1]} as handler};`));
  try {
    return (await import(pathToFileURL(copy))).handler;
  } finally {
    rmSync(copy);
  }
}

function collected() {
  const lines = [];
  const stdout = (text) => void lines.push(text);
  return { lines, stdout, stderr: stdout, memoStdout: stdout, flush: () => {} };
}

async function answer(handler, { cwd, path, variables, inputs, unset, run, manual }) {
  const said = collected();
  const jobs = [];
  process.env.PATH = path;
  process.chdir(cwd);
  const given = {
    variable: Object.entries(variables).map(([name, value]) => `${name}=${value}`), unsetVariable: unset,
    input: Object.entries(inputs).map(([name, value]) => `${name}=${value}`),
    stateDir: ".gitlab-ci-local", forceShellExecutor: true, concurrency: 1, manual, jsonSchemaValidation: false,
    evaluateRuleChanges: false, ignorePredefinedVars: Object.keys(variables).join(","), ...(run ? {} : { listJson: true }),
  };
  try {
    await handler(given, said, jobs);
  } catch (error) {
    return { error: String(error.message ?? error), text: said.lines.join("") };
  }
  const found = jobs.map((job) => ({ name: job.name, when: job.when, allowed: job.allowFailure, status: job.jobStatus }));
  return { jobs: found, text: said.lines.join("") };
}

const handler = await handlerOf(program);
for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await answer(handler, JSON.parse(line)))}\n`);
}
