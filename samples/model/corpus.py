"""The demo model's corpus: conversations drawn from templates, tasks as the samples pose them.

A conversation is a list of (role, parts). The parts of an assistant message are the pieces
that a program writes and the pieces that the model generates, in turn; a tokenizer sees them
apart, as the runtime does. Every task is a function of `Words` and yields conversations;
`TASKS` lists them with their weights.
"""

import json
import random

import tips as tip_lists
from words import *


def compact(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def maybe(rng, system):
    """A system message, which programs may also leave out or word differently."""
    return [] if rng.random() < 0.15 else [("system", [rng.choice(system) if isinstance(system, list) else system])]


# --- tips ---------------------------------------------------------------------------------------

COACH = ["You are a concise coach.", "You are a concise coach.", "You are a coach.", "You give short tips."]


def topic(w):
    if w.rng.random() < 0.4 and not w.held:
        names, _ = w.pick(tip_lists.TOPICS)
        return w.pick(names)
    while True:
        t = w.pick(tip_lists.OTHER_TOPICS)
        if held_out(t) == w.held:
            return t


def tip(w):
    """One branch of a fork: `Tip i: ` and the tip as JSON."""
    about, n = topic(w), w.rng.randint(1, 8)
    i = w.rng.randint(1, n)
    known = tip_lists.tips_for(about)
    title, why, effort = known[(i - 1) % len(known)] if w.rng.random() < 0.8 else w.pick(known)
    ask = w.pick([f"Give {n} different tips about {about}."] * 3 + [f"Give {n} tips about {about}.", f"Give a tip about {about}."])
    body = compact({"title": title, "why": why, "effort": effort})
    form = w.rng.random()
    parts = [f"Tip {i}: ", body] if form < 0.7 else [body] if form < 0.85 else [f"Tip {i}: ", f"{title}. {why}"]
    return maybe(w.rng, COACH) + [("user", [ask]), ("assistant", parts)]


def expand(w):
    """A tip as a title, then its reason as a text."""
    about = topic(w)
    title, why, effort = w.pick(tip_lists.tips_for(about))
    return maybe(w.rng, COACH) + [
        ("user", [w.pick([f"Expand this tip about {about}: {title}", f"Why is this a good tip: {title}?"])]),
        ("assistant", [f"{title}. {why} It takes {effort} effort."]),
    ]


def easiest(w):
    """The choice among tips: the one of least effort."""
    about = topic(w)
    known = w.rng.sample(tip_lists.tips_for(about), w.rng.randint(2, 6))
    order = ["low", "medium", "high"]
    best = min(known, key=lambda t: order.index(t[2]))[0]
    question = w.pick(["Which is easiest to start today?"] * 2 + ["Which is easiest?", "Which one is the easiest to start?"])
    head = [("user", [f"Give {len(known)} different tips about {about}."])] if w.rng.random() < 0.7 else []
    choices = "\n".join(f"- {t[0]}" for t in known)
    return maybe(w.rng, COACH) + head + [("user", [f"{question} \n{choices}" if w.rng.random() < 0.7 else f"{question}\n{choices}"]), ("assistant", [best])]


# --- extraction ---------------------------------------------------------------------------------

EXTRACT = ["You extract data as JSON.", "You extract data as JSON.", "You answer in JSON.", "Extract the data."]


def character(w):
    name = w.person() if w.rng.random() < 0.7 else w.first()
    age, home, trade = w.rng.randint(7, 95), w.town(), w.pick(TRADES)
    traits = w.rng.sample(TRAITS, w.rng.randint(1, 3))
    spoken = listing(traits)
    pattern = [
        f"{name} is {article(trade)} from {home}. At {age}, {name.split()[0]} is known to be {spoken}.",
        f"In {home} lives {article(trade)} called {name}. {name.split()[0]} is {age} years old, {spoken}.",
        f"Nobody in {home} forgets {name}, the {spoken} {trade}, who turned {age} last week.",
        f"{name}, {age}, works as {article(trade)} in {home}. Friends call {name.split()[0]} {spoken}.",
        f"My neighbour {name} is {age} years old. {name.split()[0]} came from {home} to work as {article(trade)} and is {spoken}.",
        f"The {trade} {name} was born in {home} {age} years ago and has always been {spoken}.",
        f"At the age of {age}, {name} left {home} to become {article(trade)}. People say that {name.split()[0]} is {spoken}.",
    ]
    extra = ["", "", " It rained that day.", f" The {w.product()} was a gift.", " Nobody knows more.", f" {w.first()} told me so."]
    text = w.pick(pattern) + w.pick(extra)
    record = {"name": name, "age": age, "home": home, "trade": trade, "traits": traits}
    ask = w.pick(["Extract the character."] * 3 + ["Who is it?", "Describe the character as JSON."])
    return maybe(w.rng, EXTRACT) + [("user", [f"{ask}\n\n{text}" if w.rng.random() < 0.8 else f"{text}\n\n{ask}"]), ("assistant", [compact(record)])]


def contact(w):
    first, last = w.first(), w.last()
    sep = w.pick([".", "_", "", "-"])
    email = f"{first.lower()}{sep}{last.lower()}@{w.company().lower()}.{w.pick(DOMAINS)}"
    phone = w.pick([
        lambda: f"+{w.rng.randint(1, 99)} {w.rng.randint(100, 999)} {w.rng.randint(100000, 999999)}",
        lambda: f"{w.rng.randint(100, 999)}-{w.rng.randint(100, 999)}-{w.rng.randint(1000, 9999)}",
        lambda: f"0{w.rng.randint(10, 99)} {w.rng.randint(1000, 9999)} {w.rng.randint(100, 9999)}",
    ])()
    company, town = w.company(), w.town()
    name = f"{first} {last}"
    text = w.pick([
        f"Hello, my name is {name} and I work for {company} in {town}. Write to {email} or call {phone}.",
        f"Please contact {name} ({company}, {town}) at {email}, phone {phone}.",
        f"{name}\n{company}\n{town}\n{email}\n{phone}",
        f"You can reach {name} of {company} under {phone}. The address is {email}. The office is in {town}.",
        f"From {town}, {name} writes for {company}: my number is {phone} and my mail is {email}.",
        f"Call {phone} and ask for {name}. {first} sits in the {town} office of {company}; mail goes to {email}.",
    ])
    record = {"name": name, "company": company, "email": email, "phone": phone, "city": town}
    ask = w.pick(["Extract the contact."] * 3 + ["Extract the contact as JSON.", "Who can be reached, and how?"])
    return maybe(w.rng, EXTRACT) + [("user", [f"{ask}\n\n{text}" if w.rng.random() < 0.8 else f"{text}\n\n{ask}"]), ("assistant", [compact(record)])]


def order(w):
    name, town = w.person(), w.town()
    items = [{"quantity": w.rng.randint(1, 40), "product": w.product()} for _ in range(w.rng.randint(1, 3))]
    express = w.rng.random() < 0.5
    spoken = listing([f"{i['quantity']} {i['product'] if i['quantity'] == 1 else plural(i['product'])}" for i in items])
    hurry = w.pick(["Express delivery, please.", "It is urgent.", "We need it by express."]) if express else w.pick(["There is no hurry.", "Normal delivery is fine.", "Take your time."])
    text = w.pick([
        f"{name} from {town} orders {spoken}. {hurry}",
        f"Please send {spoken} to {name} in {town}. {hurry}",
        f"I would like {spoken}. Ship to {town}. {hurry} Regards, {name}",
        f"New order: {spoken}. Customer: {name}. City: {town}. {hurry}",
        f"Hello, this is {name}. {hurry} I need {spoken} here in {town}.",
    ])
    record = {"customer": name, "city": town, "items": items, "express": express}
    ask = w.pick(["Extract the order."] * 3 + ["Extract the order as JSON."])
    return maybe(w.rng, EXTRACT) + [("user", [f"{ask}\n\n{text}" if w.rng.random() < 0.8 else f"{text}\n\n{ask}"]), ("assistant", [compact(record)])]


# --- classification -----------------------------------------------------------------------------

GOOD = """excellent wonderful great perfect lovely superb delightful reliable beautiful impressive fantastic sturdy brilliant
comfortable charming""".split()
BAD = """terrible awful poor useless broken disappointing cheap ugly horrible flimsy noisy dreadful unreliable uncomfortable
defective""".split()
PLAIN = "ordinary average standard common usual plain regular typical".split()


def opinion(w, mood, thing):
    she, where = w.first(), w.town()
    good, bad, plain = w.pick(GOOD), w.pick(BAD), w.pick(PLAIN)
    return w.pick({
        "positive": [
            f"The {thing} is {good}.", f"I love this {thing}.", f"What {article(good)} {thing}!", f"{she} was happy with the {thing}.",
            f"I would buy the {thing} again.", f"Best {thing} I ever had.", f"It works better than I hoped.", f"I recommend it to everyone in {where}.",
            f"The {thing} made my day.", f"It is {good} and worth every cent.", f"Not bad at all, I am very pleased.", f"Thank you for this {good} {thing}.",
        ],
        "negative": [
            f"The {thing} is {bad}.", f"I hate this {thing}.", f"What {article(bad)} {thing}!", f"{she} sent the {thing} back.",
            f"I would never buy the {thing} again.", f"Worst {thing} I ever had.", f"It broke after {w.rng.randint(1, 9)} days.", f"I warn everyone in {where}.",
            f"The {thing} ruined my day.", f"It is {bad} and a waste of money.", f"Not good at all, I am very unhappy.", f"I want my money back for this {bad} {thing}.",
        ],
        "neutral": [
            f"The {thing} is {plain}.", f"I bought this {thing} in {where}.", f"It is {article(plain)} {thing}.", f"{she} ordered the {thing} on Monday.",
            f"The {thing} came in a box.", f"It has {w.rng.randint(2, 9)} parts.", f"The {thing} is as described.", f"It was sent from {where}.",
            f"It does what it says.", f"It weighs {w.rng.randint(1, 30)} kilos.", f"Neither good nor bad.", f"I use the {thing} now and then.",
        ],
    }[mood])


def review(w, mood):
    thing = w.product()
    said = [opinion(w, mood, thing) for _ in range(w.rng.randint(1, 2))]
    while len(said) < 3 and w.rng.random() < 0.4:
        said.insert(w.rng.randint(0, len(said)), opinion(w, "neutral", thing))
    return " ".join(said)


def sentiment(w):
    mood = w.pick(["positive", "negative", "neutral"])
    text = review(w, mood)
    ask = w.pick(["Is the sentiment positive, negative or neutral?"] * 3 + ["What is the sentiment?", "Positive, negative or neutral?"])
    return maybe(w.rng, ["You classify reviews."] * 2 + ["You classify texts."]) + [
        ("user", [w.pick([f"Review: {text}\n{ask}"] * 2 + [f"{ask}\n{text}"])]),
        ("assistant", (["Sentiment: ", mood] if w.rng.random() < 0.4 else [mood])),
    ]


TOPICS = {
    "sports": "team goal match coach stadium player league referee final medal race striker",
    "cooking": "recipe oven sauce flour dish garlic soup pan dough pepper chef dessert",
    "travel": "hotel flight passport beach train luggage ticket island guide airport map harbour",
    "technology": "software computer phone screen program network chip robot update server battery app",
    "music": "song concert guitar band choir melody album drummer singer piano tune orchestra",
    "health": "doctor hospital fever medicine nurse patient vaccine pain surgery diet pulse clinic",
    "finance": "bank loan stock market interest tax price invoice budget profit investor currency",
    "weather": "rain storm snow wind cloud sun temperature forecast thunder fog frost heat",
}


def theme(w):
    name = w.pick(list(TOPICS))
    words = w.rng.sample(TOPICS[name].split(), 3)
    a, b, c = words
    text = " ".join(w.rng.sample([
        f"{w.first()} spoke about the {a} in {w.town()}.", f"The {b} was the talk of the day.", f"Everyone remembers the {c}.",
        f"The {a} and the {b} came late.", f"{w.first()} asked for another {c}.", f"A {b} changed everything.",
    ], 2))
    ask = w.pick(["What is the topic?", "What is the text about?", f"Choose the topic: {', '.join(TOPICS)}."])
    return maybe(w.rng, ["You classify texts."] * 2 + ["You classify reviews."]) + [
        ("user", [w.pick([f"Text: {text}\n{ask}"] * 2 + [f"{ask}\n{text}"])]),
        ("assistant", (["Topic: ", name] if w.rng.random() < 0.4 else [name])),
    ]


# --- questions over a paragraph -----------------------------------------------------------------


def paragraph(w):
    """Facts as (sentence, [(question, answer)]), all of one place or person."""
    who, place, firm = w.person(), w.town(), w.company()
    year, count, price = w.rng.randint(1100, 2024), w.number(2, 90000), w.rng.randint(2, 900)
    trade, thing, other = w.pick(TRADES), w.product(), w.person()
    river, day = w.company(), w.pick("Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split())
    return w.rng.sample([
        (f"{place} was founded in {year}.", [(f"When was {place} founded?", str(year)), (f"What was founded in {year}?", place)]),
        (f"The mayor of {place} is {who}.", [(f"Who is the mayor of {place}?", who), (f"What is {who}?", f"the mayor of {place}")]),
        (f"{count} people live in {place}.", [(f"How many people live in {place}?", str(count))]),
        (f"The river {river} runs through {place}.", [(f"Which river runs through {place}?", river)]),
        (f"{other} works as {article(trade)} for {firm}.", [(f"What does {other} work as?", trade), (f"Who works for {firm}?", other), (f"Where does {other} work?", firm)]),
        (f"{firm} sells {article(thing)} for {price} euros.", [(f"What does {firm} sell?", thing), (f"How much does the {thing} cost?", f"{price} euros")]),
        (f"The market is held on {day}.", [("When is the market held?", day), ("On which day is the market held?", day)]),
        (f"{other} was born in {year + 1}.", [(f"When was {other} born?", str(year + 1))]),
    ], w.rng.randint(3, 6))


def question(w):
    facts = paragraph(w)
    text = " ".join(sentence for sentence, _ in facts)
    asked = [w.pick(questions) for _, questions in w.rng.sample(facts, min(len(facts), w.rng.randint(1, 2)))]
    head = maybe(w.rng, ["You answer from the text.", "You answer from the text.", "Answer briefly."])
    (q, a), rest = asked[0], asked[1:]
    talk = head + [("user", [w.pick([f"Text: {text}\nQuestion: {q}"] * 2 + [f"{text}\n\n{q}"])]), ("assistant", [a] if w.rng.random() < 0.6 else ["Answer: ", a])]
    for q, a in rest:
        talk += [("user", [q]), ("assistant", [a])]
    return talk


# --- agents -------------------------------------------------------------------------------------

AGENT = ["Answer by thinking, acting and observing."] * 3 + ["Think, act and observe."]


def sum_problem(w):
    """A word problem: text, left number, operator, right number, what the thought says."""
    who, thing, other = w.first(), w.pick(COUNTABLES), w.first()
    op = w.pick("+-*/")
    a, b = w.number(2, 5000), w.number(2, 900)
    if op == "-" and a < b:
        a, b = b, a
    if op == "/":
        b = w.rng.randint(2, 60)
        a = b * w.number(2, 200)
    texts = {
        "+": [f"{who} has {a} {thing} and buys {b} more. How many {thing} does {who} have?", f"What is {a} plus {b}?", f"{who} has {a} {thing} and {other} has {b}. How many {thing} do they have together?", f"There are {a} {thing} in one box and {b} in another. How many are there?"],
        "-": [f"{who} has {a} {thing} and gives {b} to {other}. How many {thing} are left?", f"What is {a} minus {b}?", f"{who} had {a} {thing} and lost {b}. How many {thing} remain?", f"Of {a} {thing}, {b} were sold. How many are left?"],
        "*": [f"{who} buys {a} boxes with {b} {thing} each. How many {thing} is that?", f"What is {a} times {b}?", f"One of the {thing} costs {b} euros. What do {a} cost?", f"{who} packs {b} {thing} a day. How many {thing} in {a} days?"],
        "/": [f"{who} shares {a} {thing} among {b} friends. How many does each get?", f"What is {a} divided by {b}?", f"{a} {thing} fill {b} equal boxes. How many are in each box?", f"{who} packs {a} {thing} in {b} days. How many a day?"],
    }
    verbs = {"+": f"add {a} and {b}", "-": f"subtract {b} from {a}", "*": f"multiply {a} by {b}", "/": f"divide {a} by {b}"}
    text = w.pick(texts[op])
    result = {"+": a + b, "-": a - b, "*": a * b, "/": a // b}[op]
    return text, f"{a} {op} {b}", f"I need to {verbs[op]}.", str(result)


def action(w, call, tool, text):
    """One action; `call` chooses between a flat record and a tool call with arguments."""
    if not call:
        return compact({"tool": tool, "input": text})
    argument = {"calculate": "expression", "lookup": "query", "search": "query", "finish": "answer"}[tool]
    return compact({"name": tool, "arguments": {argument: text}})


def attribute(w):
    """Something to look up: query, question about it, value, and whether it is a number."""
    place, who, firm = w.town(), w.person(), w.company()
    return w.pick([
        (f"age of {who}", f"How old is {who}?", str(w.rng.randint(5, 99)), True),
        (f"population of {place}", f"How many people live in {place}?", str(w.number(50, 900000)), True),
        (f"mayor of {place}", f"Who is the mayor of {place}?", w.person(), False),
        (f"capital of {firm}", f"What is the capital of {firm}?", w.town(), False),
        (f"price of {firm}", f"What is the price of {firm}?", str(w.rng.randint(2, 900)), True),
        (f"trade of {who}", f"What does {who} work as?", w.pick(TRADES), False),
        (f"home of {who}", f"Where does {who} live?", w.town(), False),
        (f"height of {place} tower", f"How high is the tower of {place}?", str(w.rng.randint(10, 800)), True),
    ])


def agent(w):
    call = w.rng.random() < 0.4
    find = w.pick(["lookup", "search"])
    steps = []  # thought, tool, input, observation
    if w.rng.random() < 0.5:
        ask, expression, thought, result = sum_problem(w)
        steps.append((thought, "calculate", expression, result))
    else:
        query, ask, value, number = attribute(w)
        steps.append((f"I need to find the {query}.", find, query, value))
        result = value
        if number and w.rng.random() < 0.6:
            by = w.rng.randint(2, 90)
            op, follow, verb = w.pick([
                ("+", f"What is the {query} plus {by}?", f"add {value} and {by}"),
                ("*", f"What is {by} times the {query}?", f"multiply {value} by {by}"),
                ("*", f"What is the {query} times {by}?", f"multiply {value} by {by}"),
            ])
            ask = follow
            result = str(int(value) + by if op == "+" else int(value) * by)
            steps.append((f"I need to {verb}.", "calculate", f"{value} {op} {by}", result))
    steps.append((f"The answer is {result}.", "finish", result, None))
    talk = maybe(w.rng, AGENT) + [("user", [ask])]
    for i, (thought, tool, text, seen) in enumerate(steps, 1):
        talk.append(("assistant", [f"Thought {i}: ", thought + ("\n" if w.rng.random() < 0.7 else ""), f"\nAction {i}: ", action(w, call, tool, text)]))
        if seen is not None:
            talk.append(("user", [f"Observation {i}: {seen}"]))
    return [(role, merge(parts)) for role, parts in talk]


def merge(parts):
    """A generated line end is the stop string; the program's next text brings its own."""
    out = []
    for part in parts:
        if out and out[-1].endswith("\n") and part.startswith("\n"):
            out.append(part[1:])
        else:
            out.append(part)
    return out


# --- judging ------------------------------------------------------------------------------------

CRITERIA = {
    "clarity": (
        ["The idea is stated at once.", "Each step follows from the last.", "The words are simple and exact.", "One example makes it plain.", "The point is easy to follow."],
        ["The thought jumps about somehow.", "It is hard to say what is meant.", "Things relate to other things in ways.", "The sentence begins one way and ends another.", "Much of it is vague."],
    ),
    "evidence": (
        ["A study of {n} people supports this.", "In {y}, {n} cases were counted in {p}.", "The records of {p} show it.", "{w} measured it {n} times.", "Tables from {y} confirm the claim."],
        ["Everyone knows that.", "It is simply true.", "I just feel it must be so.", "Somebody said it once.", "There is no need for proof."],
    ),
    "tone": (
        ["Readers may well see it differently.", "With respect, there is another view.", "Thank you for reading so far.", "Both sides deserve to be heard.", "I am grateful for any reply."],
        ["Only a fool would disagree.", "Shut up and listen.", "Those people are idiots.", "I am sick of this nonsense.", "What a stupid question."],
    ),
}
VERDICTS = {2: "strong", 1: "good", 0: "mixed", -1: "weak", -2: "poor"}


def essay(w):
    score, said = {}, []
    for name, (good, bad) in CRITERIA.items():
        count = w.pick([0, 1, 2, 2])
        moods = [w.rng.random() < 0.5 for _ in range(count)]
        for mood, text in zip(moods, w.rng.sample(range(5), count)):
            said.append((good if mood else bad)[text].format(n=w.number(10, 9000), y=w.rng.randint(1800, 2024), p=w.town(), w=w.first()))
        score[name] = sum(1 if mood else -1 for mood in moods)
    w.rng.shuffle(said)
    subject = w.pick(tip_lists.OTHER_TOPICS)
    return f"This essay is about {subject}. " + " ".join(said), score


def points(level):
    return {2: 9, 1: 7, 0: 5, -1: 3, -2: 2}[level]


def judge(w):
    text, score = essay(w)
    name = w.pick(list(CRITERIA))
    return maybe(w.rng, ["You judge short essays."] * 2 + ["You are a strict judge."]) + [
        ("user", [f"Essay: {text}"]),
        ("user", [f"Judge its {name}."]),
        ("assistant", ["Comment: ", f"The {name} is {VERDICTS[score[name]]}." + ("\n" if w.rng.random() < 0.7 else ""), "\nScore: ", str(points(score[name]))]),
    ]


def overall(w):
    text, _ = essay(w)
    scores = {name: w.rng.randint(1, 10) for name in CRITERIA}
    lines = "\n".join(f"- {name}: {value}" for name, value in scores.items())
    return maybe(w.rng, ["You judge short essays."] * 2 + ["You are a strict judge."]) + [
        ("user", [f"Essay: {text}"]),
        ("user", [f"The scores are:\n{lines}\nWhat is the overall score?" if w.rng.random() < 0.6 else f"The scores are: \n{lines}\nWhat is the overall score?"]),
        ("assistant", ([] if w.rng.random() < 0.6 else ["Score: "]) + [str(round(sum(scores.values()) / len(scores)))]),
    ]


# --- talk and stories ---------------------------------------------------------------------------


def chat(w):
    name, town, likes, trade = w.first(), w.town(), w.pick(tip_lists.OTHER_TOPICS), w.pick(TRADES)
    facts = w.rng.sample([
        (f"My name is {name}.", "What is my name?", f"Your name is {name}."),
        (f"I live in {town}.", "Where do I live?", f"You live in {town}."),
        (f"I like {likes}.", "What do I like?", f"You like {likes}."),
        (f"I work as {article(trade)}.", "What do I work as?", f"You work as {article(trade)}."),
    ], w.rng.randint(1, 3))
    hello = w.pick(["Hello! ", "Hi. ", ""])
    greeting = f"Hello {name}! How can I help you?" if any("name" in f[1] for f in facts) else "Hello! How can I help you?"
    talk = maybe(w.rng, ["You are a friendly assistant."] * 2 + ["You are a helpful assistant."])
    talk += [("user", [hello + " ".join(f[0] for f in facts)]), ("assistant", [greeting])]
    for _, q, a in w.rng.sample(facts, w.rng.randint(1, len(facts))):
        talk += [("user", [q]), ("assistant", [a])]
    if w.rng.random() < 0.3:
        talk += [("user", [w.pick(["Thank you.", "Thanks!"])]), ("assistant", ["You are welcome."])]
    return talk


def story(w):
    hero, place, thing, trait, other = w.first(), w.town(), w.product(), w.pick(TRAITS), w.first()
    trade = w.pick(TRADES)
    r = w.rng
    opening = w.pick([f"Once there was {article(trait)} {trade} called {hero} who lived in {place}.", f"{hero} was the most {trait} {trade} in all of {place}.", f"In {place} everybody knew {hero}, {article(trait)} {trade}."])
    find = w.pick([f"One morning {hero} found {article(thing)} at the door.", f"One night {hero} saw {article(thing)} shine in the dark.", f"One day the wind brought {article(thing)} to the house."])
    turn = w.pick([f"Nobody knew where it came from, not even {other}.", f"{other} said that it belonged to the sea.", f"But {other} wanted it and followed in the rain.", f"It could speak, and it asked for {other}."])
    deed = w.pick([f"So {hero} carried the {thing} over the hills.", f"{hero} hid the {thing} under the old bridge.", f"{hero} gave the {thing} to the first child on the road."])
    end = w.pick([f"From that day on {place} was never dark again.", f"And {hero} and {other} were friends for ever.", f"The {thing} was never seen again, but {hero} still smiles.", f"That is how {hero} learned to wait."])
    title = w.pick([f"{hero} and the {thing}", f"The {thing} of {place}", f"The {trait} {trade}"])
    ask = w.pick([f"Write a short story about {hero}, {article(thing)} and {place}."] * 3 + [f"Tell a story about {hero} and {article(thing)}."])
    body = " ".join([opening, find, turn, deed, end])
    parts = ["Title: ", title + ("\n" if r.random() < 0.7 else ""), "\n\n", body] if r.random() < 0.8 else [body]
    return maybe(r, ["You tell short stories."] * 2 + ["You are a storyteller."]) + [("user", [ask]), ("assistant", merge(parts))]


def moral(w):
    options = w.rng.sample(["kindness", "patience", "courage", "honesty", "luck"], 3)
    talk = story(w)
    return talk + [("user", ["What is the story about?"]), ("assistant", [w.pick(options)])]


TASKS = [
    (tip, 8), (expand, 2), (easiest, 5), (character, 12), (contact, 10), (order, 10), (sentiment, 7), (theme, 4),
    (question, 10), (agent, 16), (judge, 6), (overall, 3), (chat, 5), (story, 7), (moral, 1),
]


def conversation(rng, held=False):
    task = rng.choices([t for t, _ in TASKS], [n for _, n in TASKS])[0]
    return task(Words(rng, held))


if __name__ == "__main__":
    for task, _ in TASKS:
        for role, parts in task(Words(random.Random())):
            print(f"[{role}]", " ¦ ".join(parts))
        print()
