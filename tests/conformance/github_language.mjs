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
  const { context, value } = parseWorkflow({ name: path, content: text }, new NoOperationTraceWriter());
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

function evaluated({ expression, contexts, status }) {
  const functions = Object.entries(status).map(([name, answer]) => ({
    name,
    minArgs: 0,
    maxArgs: 0,
    call: () => new data.BooleanData(answer),
  }));
  const tree = new Parser(new Lexer(expression).lex().tokens, Object.keys(contexts), functions).parse();
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
