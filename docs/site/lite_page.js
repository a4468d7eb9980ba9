// What JupyterLite leaves unsaid: a line below the notebook says what is being fetched, when Python is ready, and what to do
// where its server cannot be reached. It runs the cell that installs gmm_teach before any other, and runs the notebook
// where the address asks for it (`&run`, as "Run this page" does). docs/site/lite.py puts it into the page.

const LONGEST = 240; // seconds until Python is ready; after that it may never be

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

async function until(look) {
  let found = look();
  while (!found) {
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
  say(`Python is here. NumPy, SciPy and Matplotlib are being fetched from ${server}, some 35 MB the first time.`, { waiting: true });
  await future.done;
  if (wrong) complain(`NumPy and the like could not be fetched from ${server} (${wrong}).`);
  return !wrong;
}

/** Run the cells one by one, so that a widget that is already there answers between two of them. */
async function runAll(panel) {
  let stopped = false;
  const cells = codeCells(panel);
  for (const [i, cell] of cells.entries()) {
    say(`Running cell ${i + 1} of ${cells.length}. What is there can be used meanwhile.`, {
      actions: { Stop: () => { stopped = true; } },
    });
    const reply = await cell.constructor.execute(cell, panel.sessionContext);
    if (reply?.content.status === "error") return say(`Cell ${i + 1} ended with an error, so those below did not run.`, { trouble: true, actions: { Close: hide } });
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
    `Python is being fetched from ${address.host}. The first time it is 10 MB, then 35 MB for NumPy, SciPy and Matplotlib: ` +
      "half a minute on a good line, two on a slow one. Later the browser has most of it.",
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
