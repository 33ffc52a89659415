// The same as compare_stacks.py, with @aws-cdk/cloudformation-diff: OLD NEW RUNS, and where the package is.
const { readFileSync } = require("node:fs");

const [old, fresh, runs, peer] = process.argv.slice(2);
const { fullDiff } = require(peer);
const sides = [old, fresh].map((path) => JSON.parse(readFileSync(path, "utf8")));
const times = [];
let found;
for (let run = 0; run < Number(runs); run++) {
  const began = process.hrtime.bigint();
  found = fullDiff(sides[0], sides[1]);
  void found.permissionsBroadened;
  times.push(Number(process.hrtime.bigint() - began) / 1e9);
}
const later = (times.length > 1 ? times.slice(1) : times).sort((a, b) => a - b);
const warm = later[Math.floor(later.length / 2)];
const peak = process.resourceUsage().maxRSS / 1024;
const findings = found.iamChanges.statements.additions.length;
console.log(JSON.stringify({ warm, peak, findings }));
