// Answers questions, one JSON text on a line, by GitHub's own parser of workflows and its own evaluator of expressions.
import { createInterface } from "node:readline";
import { Evaluator, Lexer, Parser, data } from "../validators/node_modules/@actions/expressions/dist/index.js";
import { truthy } from "../validators/node_modules/@actions/expressions/dist/result.js";
import {
  NoOperationTraceWriter,
  convertWorkflowTemplate,
  isBasicExpression,
  isMapping,
  isSequence,
  parseWorkflow,
} from "../validators/node_modules/@actions/workflow-parser/dist/index.js";
import { parse as yaml } from "../validators/node_modules/yaml/dist/index.js";

// What stands in a file: plain data, in which {$expression} is what GitHub has yet to evaluate.
function plain(token) {
  if (isBasicExpression(token)) return { $expression: token.expression };
  if (isMapping(token)) return Object.fromEntries([...token].map(({ key, value }) => [key.toString(), plain(value)]));
  if (isSequence(token)) return [...token].map(plain);
  return token.toJSON() ?? null;
}

// The parser adds `success() &&` to the conditions of jobs and steps that ask for no status.
function conditions(job) {
  const steps = (job.steps ?? []).map((step) => step.if?.expression);
  return [job.id.value, { if: job.if.expression, steps }];
}

async function parsed({ path, text }) {
  // As JSON: in texts of several lines the vendor's reader, made for editors, leaves the indentation of the file.
  const content = JSON.stringify(yaml(text, { merge: false }));
  const { context, value } = parseWorkflow({ name: path, content }, new NoOperationTraceWriter());
  const errors = () => context.errors.getErrors().map((error) => error.message);
  if (value === undefined || errors().length) return { errors: errors() };
  const template = await convertWorkflowTemplate(context, value);
  return { errors: errors(), document: plain(value), conditions: Object.fromEntries(template.jobs.map(conditions)) };
}

function wrapped(value) {
  if (Array.isArray(value)) return new data.Array(...value.map(wrapped));
  if (value !== null && typeof value === "object") {
    return new data.Dictionary(...Object.entries(value).map(([key, inner]) => ({ key, value: wrapped(inner) })));
  }
  if (typeof value === "boolean") return new data.BooleanData(value);
  if (typeof value === "number") return new data.NumberData(value);
  return value === null ? new data.Null() : new data.StringData(value);
}

function unwrapped(result) {
  const scalar = [data.Kind.String, data.Kind.Number, data.Kind.Boolean].includes(result.kind);
  return scalar ? result.value : null;
}

// The vendor's reader takes one quote for two only once in a text; its documentation and its service do so everywhere.
function quoted(token) {
  const isText = token.lexeme.startsWith("'");
  return isText ? { ...token, value: token.lexeme.slice(1, -1).replaceAll("''", "'") } : token;
}

function evaluated({ expression, contexts, status }) {
  const functions = Object.entries(status).map(([name, answer]) => ({
    name,
    minArgs: 0,
    maxArgs: 0,
    call: () => new data.BooleanData(answer),
  }));
  const tree = new Parser(new Lexer(expression).lex().tokens.map(quoted), Object.keys(contexts), functions).parse();
  const table = new Map(functions.map((one) => [one.name, one]));
  const result = new Evaluator(tree, wrapped(contexts), table).evaluate();
  return { value: unwrapped(result), text: result.coerceString(), holds: truthy(result) };
}

for await (const line of createInterface({ input: process.stdin })) {
  const question = JSON.parse(line);
  let answer;
  try {
    answer = question.text === undefined ? evaluated(question) : await parsed(question);
  } catch (error) {
    answer = { failure: String(error) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
