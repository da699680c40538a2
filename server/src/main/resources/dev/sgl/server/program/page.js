// The playground: a program or a chat on the left, its run in the middle, what it cost on the right.

const $ = (id) => document.getElementById(id);

const samples = {
  'tips in parallel': `type Tip = {
  title:  string<1..60>
  why:    string<..200>
  effort: "low" | "medium" | "high"
}

program tips(topic: string = "staying healthy", n: int<1..8> = 3) -> Tip {
  system "You are a concise coach."
  user "Give {n} different tips about {topic}."
  fork i in 1..n as drafts {  // n branches, each from here on
    assistant {
      "Tip {i}: "
      gen tip: Tip (temperature: 0.7)
    }
  }
  join drafts
  let titles = [d.tip.title for d in drafts]
  user "Which is easiest to start today? {titles.bullets()}"
  assistant select best from titles  // scored, not generated
  return [d.tip for d in drafts if d.tip.title == best][0]
}
`,
  'a typed answer': `program person(text: string = "Anna, 31, plays the cello in Bern.")
    -> { name: string<1..40>, age: int<0..150>, plays: string<1..20> } {
  user "Who is it? {text}"
  assistant gen person: { name: string<1..40>, age: int<0..150>, plays: string<1..20> } (temperature: 0)
  return person
}
`,
  'a choice': `program mood(review: string = "The lamp is bright and cheap. I love it!") -> string {
  user "Review: {review}\\nIs the sentiment positive, negative or neutral?"
  assistant select mood from ["positive", "negative", "neutral"]
  return mood
}
`,
};

let running = null; // what ends the run
let chosen = {}; // what the editor began with: its source, and its name if it is served
let known = new Set(); // runs of the cache that were seen

// --- requests

async function refused(response) {
  const body = await response.json().catch(() => ({}));
  return new Error(body.error?.message ?? `the server answered ${response.status}`);
}

// The events of an answer: {event, data}.
async function* events(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    text += value;
    let end;
    while ((end = text.indexOf('\n\n')) >= 0) {
      const lines = text.slice(0, end).split('\n');
      text = text.slice(end + 2);
      const field = (name) => lines.find((l) => l.startsWith(name + ': '))?.slice(name.length + 2);
      const data = field('data');
      if (data && data !== '[DONE]') yield { event: field('event') ?? '', data: JSON.parse(data) };
    }
  }
}

async function post(path, body) {
  running = new AbortController();
  const response = await fetch(path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
    signal: running.signal,
  });
  if (!response.ok) throw await refused(response);
  return response;
}

// Does something that runs, with the buttons and the error as they should be.
async function run(form, work) {
  if (running) return;
  $('error').hidden = true;
  const [go, stop] = [form.querySelector('.go'), form.querySelector('.stop')];
  go.disabled = true;
  stop.hidden = false;
  stop.onclick = () => running?.abort();
  const watching = setInterval(showCache, 700);
  try {
    await work();
  } catch (error) {
    if (error.name !== 'AbortError') {
      $('error').textContent = error.message;
      $('error').hidden = false;
    }
  } finally {
    clearInterval(watching);
    running = null;
    go.disabled = false;
    stop.hidden = true;
    document.querySelectorAll('.runs').forEach((lane) => lane.classList.remove('runs'));
    showCache();
  }
}

// --- what is said

function element(kind, style, text = '') {
  const made = document.createElement(kind);
  made.className = style;
  made.textContent = text;
  return made;
}

const lanes = new Map(); // by branch

// The lane of a branch; those of a fork stand side by side in the lane they come from.
function lane(branch) {
  if (lanes.has(branch)) return lanes.get(branch);
  const made = element('div', 'lane runs');
  const parent = lanes.get(branch.slice(0, branch.lastIndexOf('/')));
  if (parent) {
    let row = parent.lastElementChild;
    if (!row?.classList.contains('lanes')) parent.append((row = element('div', 'lanes')));
    made.append(element('div', 'name', branch.slice(branch.lastIndexOf('/') + 1)));
    row.append(made);
  } else {
    $('run').append(made);
  }
  lanes.set(branch, made);
  return made;
}

function message(branch, role) {
  const made = element('div', 'message');
  made.dataset.role = role;
  if (role) made.append(element('span', 'who', role));
  lane(branch).append(made);
  return made;
}

// Adds text to the last message of a branch, in one piece with text of the same kind.
function say(branch, text, style) {
  const here = lane(branch);
  let last = here.lastElementChild;
  if (!last?.classList.contains('message')) last = message(branch, '');
  const piece = last.lastElementChild;
  if (piece?.className === style) piece.textContent += text;
  else last.append(element('span', style, text));
  last.scrollIntoView({ block: 'nearest' });
}

// --- what it cost

const cost = { prompt: 0, cached: 0, generated: 0, forced: 0 };

function showTokens() {
  const { prompt, cached, generated, forced } = cost;
  const part = (n) => `${prompt ? (100 * n) / prompt : 0}%`;
  const bar = element('div', 'bar');
  for (const [style, n] of [['cached', cached], ['computed', prompt - cached]]) {
    const piece = element('i', style);
    piece.style.width = part(n);
    bar.append(piece);
  }
  const legend = element('div', 'legend');
  for (const [name, n, key] of [['cached', cached, '--accent'], ['computed', prompt - cached, '--computed']]) {
    const entry = element('span', 'key', `${n} ${name}`);
    entry.style.setProperty('--key', `var(${key})`);
    legend.append(entry);
  }
  const said = element('div', 'hint', `${generated} generated${forced ? `, ${forced} of them forced` : ''}`);
  $('tokens').replaceChildren(bar, legend, said);
}

function count(prompt, cached, generated, forced) {
  cost.prompt += prompt;
  cost.cached += cached;
  cost.generated += generated;
  cost.forced += forced;
  showTokens();
}

const rows = new Map(); // of the table, by branch and variable

function variable(branch, name, type) {
  const row = element('tr', '');
  const inner = branch.split('/').slice(1).concat(name).join('.');
  const named = element('td', 'name', inner);
  named.title = `${branch} ${name}`;
  const value = element('td', '');
  value.append(element('span', 'value'), element('span', 'type', type));
  row.append(named, value);
  $('variables').tBodies[0].append(row);
  rows.set(branch + ' ' + name, row);
}

async function showCache() {
  const response = await fetch('cache').catch(() => null);
  if (!response?.ok) return;
  const { runs, hidden } = await response.json();
  const children = runs.map(() => []);
  const roots = [];
  runs.forEach((run, i) => (run.parent < 0 ? roots : children[run.parent]).push(i));
  const all = [];
  const seen = new Set();
  const show = (i, depth, path) => {
    const run = runs[i];
    const id = path + '/' + run.text;
    seen.add(id);
    const node = element('div', 'node');
    node.classList.toggle('used', run.used);
    node.classList.toggle('fresh', known.size > 0 && !known.has(id));
    node.style.marginLeft = `${Math.min(depth, 12) * 0.7}rem`;
    node.append(element('b', '', run.tokens), element('span', '', run.text.replace(/\s+/g, ' ')));
    node.title = run.text;
    all.push(node);
    children[i].forEach((child) => show(child, depth + 1, id));
  };
  roots.forEach((i) => show(i, 0, ''));
  known = seen;
  $('cache').replaceChildren(...all);
  const tokens = runs.reduce((sum, run) => sum + run.tokens, 0);
  $('cache-size').textContent = `${tokens} tokens in ${runs.length + hidden} runs`;
}

function clear() {
  lanes.clear();
  rows.clear();
  Object.assign(cost, { prompt: 0, cached: 0, generated: 0, forced: 0 });
  for (const id of ['run', 'result']) $(id).replaceChildren();
  $('variables').tBodies[0].replaceChildren();
  showTokens();
}

// --- programs

const heard = {
  began: (d) => lane(d.branch),
  message: (d) => message(d.branch, d.role),
  written: (d) => say(d.branch, d.text, 'written'),
  asked: (d) => variable(d.branch, d.variable, d.type),
  generated(d) {
    say(d.branch, d.text, 'own');
    const id = d.branch + ' ' + d.variable;
    if (!rows.has(id)) variable(d.branch, d.variable, 'a choice');
    rows.get(id).querySelector('.value').textContent += d.text;
  },
  answered(d) {
    const m = d.meta;
    count(m.prompt_tokens, m.cached_tokens, m.generated_tokens, m.forced_tokens);
    const row = rows.get(d.branch + ' ' + d.variable);
    if (row) row.title = `${m.cached_tokens} of ${m.prompt_tokens} tokens cached, ${Math.round(m.total_ms)} ms`;
  },
  called: (d) => lane(d.branch).append(element('p', 'log', `${d.tool}(${JSON.stringify(d.arguments)}) = ${JSON.stringify(d.result)}`)),
  retried: (d) => lane(d.branch).append(element('p', 'log', `attempt ${d.attempt} failed: ${d.why}`)),
  logged: (d) => lane(d.branch).append(element('p', 'log', d.text)),
  ended: (d) => lane(d.branch).classList.remove('runs'),
  result: (d) => ($('result').textContent = JSON.stringify(d.result, null, 2)),
};

$('program').onsubmit = (event) => {
  event.preventDefault();
  run($('program'), async () => {
    let given;
    try {
      given = JSON.parse($('arguments').value || '{}');
    } catch (error) {
      throw new Error(`the arguments are not JSON: ${error.message}`);
    }
    clear();
    const seed = $('seed').value === '' ? null : Number($('seed').value);
    const source = $('source').value;
    const served = source === chosen.source && chosen.served;
    const body = { ...(served ? {} : { source }), arguments: given, seed, stream: true };
    const path = served ? 'v1/programs/' + encodeURIComponent(chosen.served) : 'playground/run';
    for await (const { event: name, data } of events(await post(path, body))) {
      if (data.error) throw new Error(data.error.message);
      heard[name]?.(data);
    }
  });
};

// --- chats

let messages = [];

$('chat').onsubmit = (event) => {
  event.preventDefault();
  const asked = $('message').value.trim();
  if (!asked) return;
  run($('chat'), async () => {
    if (!messages.length) {
      clear();
      if ($('system').value.trim()) {
        messages.push({ role: 'system', content: $('system').value.trim() });
        message('chat', 'system');
        say('chat', $('system').value.trim(), 'written');
      }
    }
    messages.push({ role: 'user', content: asked });
    message('chat', 'user');
    say('chat', asked, 'written');
    $('message').value = '';
    message('chat', 'assistant');
    let answer = '';
    try {
      const body = {
        messages,
        temperature: Number($('temperature').value),
        max_tokens: Number($('most').value),
        stream: true,
        stream_options: { include_usage: true },
      };
      for await (const { data } of events(await post('v1/chat/completions', body))) {
        if (data.error) throw new Error(data.error.message);
        const delta = data.choices[0]?.delta ?? {};
        if (delta.reasoning_content) say('chat', delta.reasoning_content, 'thought');
        if (delta.content) say('chat', delta.content, 'own');
        answer += delta.content ?? '';
        const usage = data.usage;
        if (usage) count(usage.prompt_tokens, usage.prompt_tokens_details.cached_tokens, usage.completion_tokens, 0);
      }
    } finally {
      messages.push({ role: 'assistant', content: answer });
    }
  });
};

$('anew').onclick = () => {
  messages = [];
  clear();
};

// --- the page

// The programs of the server's folder stand beside the samples; as long as one is not changed it runs as
// it is served, with its tools.
async function showServed() {
  const { data } = await (await fetch('v1/programs')).json();
  if (!data.length) return;
  const group = document.createElement('optgroup');
  group.label = 'served';
  for (const { id, description } of data) {
    const option = new Option(id);
    option.dataset.served = id;
    option.title = description;
    group.append(option);
  }
  $('samples').append(group);
}

function select(name) {
  for (const tab of ['program', 'chat']) {
    $(tab).hidden = tab !== name;
    $('tab-' + tab).setAttribute('aria-selected', tab === name);
  }
  $('values').hidden = name === 'chat';
}

for (const tab of ['program', 'chat']) $('tab-' + tab).onclick = () => select(tab);
for (const name of Object.keys(samples)) $('samples').append(new Option(name));
$('samples').onchange = async () => {
  const served = $('samples').selectedOptions[0].dataset.served;
  const source = served
    ? (await (await fetch('v1/programs/' + encodeURIComponent(served))).json()).source
    : samples[$('samples').value];
  chosen = { source, served };
  $('source').value = source;
  $('arguments').value = '{}';
};
$('samples').onchange();
showServed();
document.addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
    document.querySelector('form:not([hidden])').requestSubmit();
  }
});
$('message').addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  if (!event.ctrlKey && !event.metaKey) $('chat').requestSubmit();
});
$('source').addEventListener('keydown', (event) => {
  if (event.key !== 'Tab' || event.shiftKey) return;
  event.preventDefault();
  document.execCommand('insertText', false, '  ');
});
showTokens();
showCache();
fetch('get_model_info')
  .then((response) => response.json())
  .then((info) => ($('model').textContent = `${info.served_model_name} · ${info.context_length} tokens`));
