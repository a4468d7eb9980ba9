// What JupyterLite leaves unsaid: a line below the notebook says what is being fetched, when Python is ready, and what to do
// where its server cannot be reached. It runs the cell that installs gmm_teach before any other, and runs the notebook
// where the address asks for it (`&run`, as "Run this page" does). docs/site/lite.py puts it into the page.

const LONGEST = 240; // seconds until Python is ready; after that it may never be
const FETCHES = /^\s*(from|import) (scipy|sklearn)\b/m; // before Pyodide runs such a cell it fetches what is missing
const AT_ONCE = "gmm-teach scikit-learn"; // in the cell that installs gmm_teach, where no other imports them

const style = document.createElement("style");
style.textContent = `
  #gmm-lite {position: fixed; z-index: 2000; inset: auto 0 0 0; padding: .5em 1em; display: flex; flex-wrap: wrap; gap: .3em 1em;
    align-items: center; font: 15px/1.45 system-ui, sans-serif; color: #14304a; background: #e3f0fb; border-top: 2px solid #2a6fb0}
  #gmm-lite.gmm-trouble {color: #4a2a00; background: #fff1d6; border-color: #b36b00}
  #gmm-lite[hidden] {display: none}
  #gmm-lite span:first-child {flex: 1 1 20em}
  #gmm-lite a {color: inherit; text-decoration: underline}
  #gmm-lite button {font: inherit; padding: .25em .9em; cursor: pointer; color: #fff; background: #1f5f9e; border: 0; border-radius: 4px}`;
const line = document.createElement("div");
line.id = "gmm-lite";
line.hidden = true;
const [words, clock, buttons] = ["span", "span", "span"].map((name) => line.appendChild(document.createElement(name)));
words.setAttribute("role", "status");
clock.setAttribute("aria-hidden", "true"); // a sign of life to see, which nobody wants to hear each second

let since = 0; // when the present wait began; 0 where nothing is waited for
setInterval(() => {
  clock.textContent = since ? `${Math.round((Date.now() - since) / 1000)} s` : "";
}, 1000);

/** Show a sentence, with buttons by their names. */
function say(text, {waiting = false, trouble = false, actions = {}} = {}) {
  since = waiting ? since || Date.now() : 0;
  clock.textContent = "";
  line.classList.toggle("gmm-trouble", trouble);
  line.hidden = false;
  words.textContent = text;
  buttons.replaceChildren(
    ...Object.entries(actions).map(([name, action]) => {
      const button = document.createElement("button");
      button.textContent = name;
      button.onclick = action;
      return button;
    }),
  );
}

const hide = () => {
  line.hidden = true;
};

/** Say what is wrong and what helps, with a way to the lesson's page, which needs no Python. */
function complain(what) {
  say(`${what} Is there a network, and does it let that address through? Until it does, `, {
    trouble: true,
    actions: { "Try again": () => location.reload() },
  });
  const page = document.createElement("a");
  page.href = `../../${new URLSearchParams(location.search).get("path").replace(/\.ipynb$/, ".html")}`;
  page.textContent = "this lesson's page";
  words.append(page, " shows its figures and the stepper without Python.");
}

async function until(look, seconds = Number.POSITIVE_INFINITY) {
  const deadline = Date.now() + 1000 * seconds;
  let found = look();
  while (!found && Date.now() < deadline) {
    await new Promise((done) => setTimeout(done, 50));
    found = look();
  }
  return found;
}

async function addressOfPython() {
  const settings = await (await fetch("../jupyter-lite.json")).json();
  const ofKernels = settings["jupyter-config-data"].litePluginSettings;
  return new URL(ofKernels["@jupyterlite/pyodide-kernel-extension:kernel"].pyodideUrl, document.baseURI);
}

const codeCells = (panel) => panel.content.widgets.filter(({ model }) => model.type === "code");

/** Run the cell that installs gmm_teach, wherever the reader begins; return whether all went well. */
async function install(panel, kernel, server, late) {
  const cell = codeCells(panel).find(({ model }) => model.id === "install");
  const code = cell ? cell.model.sharedModel.getSource() : "%pip install -q gmm-teach";
  const future = kernel.requestExecute({ code, store_history: false });
  let wrong = "";
  future.onIOPub = ({ header, content }) => {
    if (header.msg_type === "error") wrong = `${content.ename}: ${content.evalue}`.split("\n")[0];
  };
  await kernel.info;
  clearTimeout(late);
  const what = code.includes(AT_ONCE) ? "NumPy, Matplotlib, SciPy and scikit-learn, some 39 MB" : "NumPy and Matplotlib, some 13 MB";
  say(`Python is here. Now ${server} sends ${what} the first time.`, { waiting: true });
  await future.done;
  if (wrong) complain(`NumPy and the like could not be fetched from ${server} (${wrong}).`);
  return !wrong;
}

/** Wait until the stepper or explorer of a cell shows its picture, since none is drawn while the next cell runs. */
async function shown(cell) {
  if (!cell.model.outputs.toJSON().some(({ data }) => data?.["application/vnd.jupyter.widget-view+json"])) return;
  const players = () => Array.from(cell.node.querySelectorAll(".gmm-player"));
  if (!(await until(() => players().length, 5))) return; // a widget of another kind
  await until(() => players().every((player) => player.ariaBusy === "false"), 30);
  await new Promise((done) => setTimeout(done, 1000)); // meanwhile it gets the frames that the first presses need
}

/** Run the cells one by one, so that a widget that is already there answers between two of them. */
async function runAll(panel) {
  let [stopped, fetched] = [false, false];
  const cells = codeCells(panel);
  for (const [i, cell] of cells.entries()) {
    const code = cell.model.sharedModel.getSource();
    const fetches = !fetched && FETCHES.test(code);
    fetched ||= fetches || code.includes(AT_ONCE);
    const meanwhile = fetches ? "It fetches SciPy or scikit-learn, up to 26 MB the first time." : "What is there can be used meanwhile.";
    say(`Running cell ${i + 1} of ${cells.length}. ${meanwhile}`, {
      actions: { Stop: () => { stopped = true; } },
    });
    const reply = await cell.constructor.execute(cell, panel.sessionContext);
    if (reply?.content.status === "error") return say(`Cell ${i + 1} ended with an error, so those below did not run.`, { trouble: true, actions: { Close: hide } });
    await shown(cell);
    if (stopped) break;
  }
  hide();
}

async function main() {
  document.head.append(style);
  document.body.append(line);
  const asked = new URLSearchParams(location.search).has("run");
  const address = await addressOfPython();
  say(
    `Python is being fetched from ${address.host}. The first time it is 10 MB, then 13 MB for NumPy and Matplotlib: ` +
      "half a minute on a good line, two on a slow one. SciPy and scikit-learn, 26 MB, follow when a cell asks for them. " +
      "Later the browser has most of it.",
    { waiting: true },
  );
  const unreachable = () => complain(`Python could not be fetched from ${address.host}, so no cell can run.`);
  const reached = fetch(address).then(({ ok }) => ok || unreachable(), unreachable);
  const late = setTimeout(() => complain(`Python has not come from ${address.host} within ${LONGEST} seconds.`), LONGEST * 1000);

  await until(() => window.jupyterapp);
  await jupyterapp.restored;
  const panel = await until(() => Array.from(jupyterapp.shell.widgets("main")).find(({ content }) => content?.widgets));
  await panel.context.ready;
  const { sessionContext } = panel;
  let [ready, first] = [null, asked]; // the kernel that has gmm_teach, or is about to
  const prepare = async () => {
    const kernel = sessionContext.session?.kernel;
    if (!kernel || kernel === ready) return;
    ready = kernel;
    if (!(await install(panel, kernel, address.host, late))) return;
    await reached;
    if (first) await runAll(panel);
    else say("Python is ready. Shift and Enter run a cell.", { actions: { "Run all cells": () => runAll(panel), Close: hide } });
    first = false;
  };
  sessionContext.kernelChanged.connect(prepare);
  sessionContext.statusChanged.connect((_, status) => {
    if (status.endsWith("restarting")) ready = null;
    else prepare();
  });
  prepare();
}

main();
