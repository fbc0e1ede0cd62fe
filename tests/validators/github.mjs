// GitHub's own workflow parser and the diagnostics of its editor service.
import { FeatureFlags } from "@actions/expressions";
import { LogLevel, registerLogger, setLogLevel, validate } from "@actions/languageservice";
import { lint } from "./lint.mjs";

const raise = (message) => {
  throw new Error(message);
};

// The service logs its own crashes and then reports nothing; a crash must not read as a clean file.
setLogLevel(LogLevel.Error);
registerLogger({ error: raise, warn: raise, info: () => {}, log: () => {} });

const featureFlags = new FeatureFlags({ allowCaseFunction: true });
await lint((document) => validate(document, { featureFlags }));
