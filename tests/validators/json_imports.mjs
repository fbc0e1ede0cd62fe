// GitHub's packages import JSON without saying that it is JSON, which Node refuses.
import { register } from "node:module";

const hook = `export function load(url, context, next) {
  return next(url, url.endsWith(".json") ? { ...context, importAttributes: { type: "json" } } : context);
}`;
register(`data:text/javascript,${encodeURIComponent(hook)}`);
