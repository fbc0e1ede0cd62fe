// Microsoft's Azure Pipelines language service, with the schema whose path is the first argument.
import { readFileSync } from "node:fs";
import service from "azure-pipelines-language-service";
import { parse } from "azure-pipelines-language-service/lib/parser/yamlParser.js";
import { lint } from "./lint.mjs";

// The service traces to stdout, where the reports go.
console.log = () => {};

const schema = JSON.parse(readFileSync(process.argv[2], "utf8"));
const server = service.getLanguageService(async () => "");
server.configure({ validate: true, schemas: [{ uri: "schema:azure-pipelines", fileMatch: ["*"], schema }] });

await lint((document) => server.doValidation(document, parse(document.getText())));
