// What people type and paste, as plain data. Where Python is at hand, it reads what is pasted.

/** Plain data from JSON, or from YAML of the plain form that is written here. */
export function parse(text) {
  if (/^\s*[{[]/.test(text)) return JSON.parse(text);
  const lines = text.split("\n").map((line, i) => ({ text: line.replace(/(^|\s)#.*$/, "").trimEnd(), number: i + 1 }));
  const kept = lines.filter((line) => line.text && line.text !== "---");
  if (!kept.length) throw new Error("the text is empty");
  const reader = { lines: kept, at: 0 };
  const data = block(reader, depth(kept[0]), 0);
  if (reader.at < kept.length) throw new Error(`not YAML: this line is indented otherwise (line ${kept[reader.at].number})`);
  return data;
}

const depth = (line) => line.text.length - line.text.trimStart().length;

function block(reader, indent, level) {
  if (level > 40) throw new Error("the specification must be nested at most 32 deep");
  const isList = reader.lines[reader.at].text.trimStart().startsWith("- ");
  const made = isList ? [] : {};
  while (reader.at < reader.lines.length) {
    const line = reader.lines[reader.at];
    if (depth(line) !== indent || line.text.trimStart().startsWith("- ") !== isList) break;
    if (isList) made.push(item(reader, line, indent, level));
    else entry(reader, line, indent, level, made);
  }
  return made;
}

function item(reader, line, indent, level) {
  const rest = line.text.trimStart().slice(2);
  if (!/^[\w.]+:( |$)/.test(rest.trimStart())) {
    reader.at += 1;
    return value(rest.trim(), line);
  }
  line.text = `${" ".repeat(indent + 2)}${rest.trimStart()}`; // a mapping that begins on the line of its dash
  return block(reader, indent + 2, level + 1);
}

function entry(reader, line, indent, level, made) {
  const found = /^([\w.]+):(?: (.*))?$/.exec(line.text.trim());
  if (!found) throw new Error(`not YAML that is read here: run glidepath design for more (line ${line.number})`);
  const [, key] = found;
  let [, , rest] = found;
  if (Object.hasOwn(made, key)) throw new Error(`${key} is there twice (line ${line.number})`);
  reader.at += 1;
  while (rest?.startsWith("[") && !rest.endsWith("]") && reader.at < reader.lines.length) {
    rest += ` ${reader.lines[reader.at++].text.trim()}`; // a list that goes on in the next line
  }
  const next = reader.lines[reader.at];
  const nested = next && (depth(next) > indent || (depth(next) === indent && next.text.trimStart().startsWith("- ")));
  made[key] = rest?.trim() ? value(rest.trim(), line) : nested ? block(reader, depth(next), level + 1) : null;
}

function value(text, line) {
  if (text.startsWith("[") && text.endsWith("]")) {
    const inner = text.slice(1, -1).trim();
    return inner ? inner.split(",").map((one) => value(one.trim(), line)) : [];
  }
  if (/^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$/.test(text)) return Number(text);
  if (text === "true" || text === "false") return text === "true";
  if (text === "null" || text === "~") return null;
  const word = text.replace(/^(["'])(.*)\1$/, "$2");
  if (!/^[A-Za-z0-9_.%+ -]*$/.test(word)) throw new Error(`not YAML that is read here: run glidepath design for more (line ${line.number})`);
  return word;
}

/** A number of steps as it is typed: 20k, 1.5M, 5% of the run. */
export function duration(text, total) {
  const found = /^\s*([-+]?\d*\.?\d+(?:e[-+]?\d+)?)\s*([kMBT%]?)\s*$/i.exec(text);
  if (!found) return Number.NaN;
  const unit = { k: 1e3, m: 1e6, b: 1e9, t: 1e12, "%": total / 100 }[found[2].toLowerCase()];
  const amount = Number(found[1]);
  return unit ? Math.round(amount * unit) : amount;
}
