// Judges objects by the packages of kubernetes-models: their validators find values that cannot be
// (enumerations among them), their types, by the compiler's strictness, members that nobody knows.
//
// Is run where node_modules is, as the text of `node --input-type=module -e`, so that packages are
// found; objects come as a JSON list. Prints a JSON list of lists: what is wrong with each object, or null where no package knows it.
import fs from "node:fs";
import typescript from "typescript";

const PACKAGES = ["kubernetes-models", "gateway-api", "gke", "knative", "prometheus-operator"];
const documents = JSON.parse(fs.readFileSync(0, "utf8"));

const ABSENT = ["ERR_MODULE_NOT_FOUND", "ERR_PACKAGE_PATH_NOT_EXPORTED", "ERR_UNSUPPORTED_DIR_IMPORT"];

async function moduleOf(document) {
  for (const name of PACKAGES) {
    const scope = name === "kubernetes-models" ? name : `@kubernetes-models/${name}`;
    for (const module of [`${scope}/${document.apiVersion}`, `${scope}/${document.apiVersion}/index.js`])
      try {
        if (document.kind in (await import(module))) return module;
      } catch (error) {
        if (!ABSENT.includes(error.code)) throw error;
      }
  }
  return null;
}

async function validatorSays(document, module) {
  try {
    new (await import(module))[document.kind](document).validate();
    return [];
  } catch (error) {
    return [error.message];
  }
}

// One source file in which every object is a constant of its type.
function typesSay(documents, modules) {
  const file = "objects.mts";
  const lines = documents.map((document, i) =>
    modules[i] === null || modules[i].startsWith("kubernetes-models/")
      ? "" // Kubernetes' own are judged by each version's strict schema
      : `const object${i}: import("${modules[i]}").I${document.kind} = ${JSON.stringify(document)};`);
  fs.writeFileSync(file, lines.join("\n"));
  const program = typescript.createProgram([file], {
    strict: true, noEmit: true, skipLibCheck: true, types: [],
    module: typescript.ModuleKind.NodeNext, target: typescript.ScriptTarget.ES2020,
  });
  const found = documents.map(() => []);
  const source = program.getSourceFile(file);
  for (const one of typescript.getPreEmitDiagnostics(program, source)) {
    const line = source.getLineAndCharacterOfPosition(one.start).line;
    found[line].push(typescript.flattenDiagnosticMessageText(one.messageText, "; "));
  }
  return found;
}

const modules = [];
for (const document of documents) modules.push(await moduleOf(document));
const types = typesSay(documents, modules);
const found = [];
for (const [i, document] of documents.entries())
  found.push(modules[i] && [...(await validatorSays(document, modules[i])), ...types[i]]);
console.log(JSON.stringify(found));
