// Reads a JSON list of {text, contexts, status} on stdin and writes what GitHub's own evaluator makes of each text.
import { readFileSync } from "node:fs";
import { Evaluator, Lexer, Parser, data } from "./validators/node_modules/@actions/expressions/dist/index.js";

const known = ["github", "inputs", "needs", "steps", "secrets", "runner"];

function wrapped(value) {
  if (value !== null && typeof value === "object") {
    const pairs = Object.entries(value).map(([key, inner]) => ({ key, value: wrapped(inner) }));
    return new data.Dictionary(...pairs);
  }
  if (typeof value === "boolean") return new data.BooleanData(value);
  if (typeof value === "number") return new data.NumberData(value);
  return value === null ? new data.Null() : new data.StringData(value);
}

function evaluated(expression, { contexts, status }) {
  const answers = { always: true, success: status === "success", failure: status === "failure", cancelled: status === "cancelled" };
  const functions = Object.keys(answers).map((name) => ({ name, minArgs: 0, maxArgs: 0, call: () => new data.BooleanData(answers[name]) }));
  const parsed = new Parser(new Lexer(expression).lex().tokens, known, functions).parse();
  const table = new Map(functions.map((one) => [one.name, one]));
  return new Evaluator(parsed, wrapped(contexts), table).evaluate().coerceString();
}

const whole = (one) => one.text.replace(/\$\{\{(.*?)\}\}/gs, (_, expression) => evaluated(expression, one));
const answer = (one) => (one.bare ? evaluated(one.text, one) : whole(one));
process.stdout.write(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(answer)));
