"""Tips, each with its title, reason and effort, by topic."""

EFFORTS = {"l": "low", "m": "medium", "h": "high"}

# topic and its other names | effort, title, reason
KNOWN = """
sleep/better sleep/sleeping well
l|Dim the lights at nine|Low light tells the body that night has begun.
l|Keep the phone outside|Without a screen in reach the mind comes to rest.
m|Go to bed at a fixed time|A steady rhythm makes falling asleep easier.
m|Cut coffee after lunch|Caffeine stays in the blood for many hours.
h|Darken the whole bedroom|Deep sleep comes sooner in a dark and cool room.
staying healthy/health/a healthy life
l|Drink a glass of water|Water in the morning wakes the body gently.
l|Take the stairs|A few floors a day keep the heart strong.
m|Walk for thirty minutes|A daily walk lowers stress and blood pressure.
m|Cook at home|You decide how much salt and sugar you eat.
h|Train three times a week|Regular training builds muscle and stamina.
saving money/money/a small budget
l|Write down every expense|What is written down is spent with more care.
l|Cancel one subscription|Small monthly costs add up over a year.
m|Set up a monthly transfer|Money that moves by itself is not missed.
m|Plan meals for the week|A plan keeps you from buying what you waste.
h|Pay off the dearest debt|Interest eats more than any saving brings.
learning a language/languages/vocabulary
l|Learn five words a day|Small steps stay in memory for years.
l|Label things at home|You read the new words each time you pass.
m|Read a short story weekly|Stories show how words are really used.
m|Talk to a native speaker|A real talk trains the ear and the tongue.
h|Spend a month abroad|Daily life in the language leaves no way around it.
studying/exams/school
l|Clear your desk|An empty desk leaves one thing to look at.
l|Study in short blocks|The mind stays fresh for about half an hour.
m|Explain it to a friend|What you can explain you have understood.
m|Solve old exams|Old questions show what is really asked.
h|Make a plan for the term|A plan spreads the work before it piles up.
cooking/the kitchen/home cooking
l|Taste as you cook|A spoon early saves the dish later.
l|Salt the water well|Pasta takes its taste from the water.
m|Sharpen your knives|A sharp knife is faster and safer.
m|Prepare before you heat|With all things cut nothing burns meanwhile.
h|Make your own stock|A slow stock gives depth to every soup.
gardening/a garden/growing plants
l|Water in the morning|Less water is lost before the sun is high.
l|Pull weeds after rain|Wet soil lets the roots go easily.
m|Feed the soil with compost|Good soil grows strong plants by itself.
m|Plant herbs by the door|You use what is close at hand.
h|Build a raised bed|It drains well and warms early in spring.
running/jogging/a first race
l|Start at a slow pace|If you can talk you run at the right speed.
l|Lay out your shoes|What stands ready gets used in the morning.
m|Run every second day|Rest days are when the legs grow stronger.
m|Add a little each week|Slow growth protects tendons and knees.
h|Train on hills|Hills build strength without a gym.
writing/a novel/better texts
l|Write one page a day|A page a day is a book in a year.
l|Read your text aloud|The ear finds what the eye forgives.
m|Cut every tenth word|Short texts are read to the end.
m|Keep a notebook|Ideas come when the desk is far away.
h|Rewrite the first chapter|The opening decides who reads on.
stress/relaxing/a calm mind
l|Breathe slowly for a minute|Slow breath calms the heart at once.
l|Take a short walk|Moving loosens what sitting has tied up.
m|Write three good things|The mind learns to see what went well.
m|Plan a free evening|Time with no purpose is how rest begins.
h|Learn to meditate|Practice makes calm a habit.
productivity/time management/getting things done
l|Write tomorrow's list|The day starts with a plan instead of a question.
l|Silence your messages|Each interruption costs many minutes.
m|Do the hard task first|The rest of the day feels easy.
m|Block time in the calendar|Work with a place gets done.
h|Review your week|Looking back shows where the hours went.
travel/a long trip/holidays
l|Copy your passport|A copy helps when the original is gone.
l|Pack half as much|A light bag makes every step easier.
m|Learn ten local phrases|A greeting opens many doors.
m|Book the first night|After a long way a bed is worth most.
h|Travel by train|You see the land and arrive in the centre.
"""

# for any topic: effort, title, reason; `{}` is the topic
GENERIC = [
    ("l", "Start {} with five minutes", "A tiny start is easier than a perfect plan."),
    ("l", "Tell a friend about {}", "A promise to someone else is kept more often."),
    ("m", "Plan a weekly hour for {}", "What stands in the calendar gets done."),
    ("m", "Keep a diary of {}", "Notes show progress that memory hides."),
    ("h", "Take a course on {}", "A teacher sees mistakes that you do not."),
    ("l", "Read one page about {}", "A little knowledge makes the next step clear."),
    ("m", "Set one goal for {}", "One clear goal beats ten vague ones."),
    ("h", "Join a group for {}", "A group carries you through the weak days."),
]

OTHER_TOPICS = """painting photography chess swimming cycling yoga dancing singing guitar piano knitting sewing fishing
hiking climbing camping sailing surfing skiing boxing basketball football tennis golf drawing pottery woodworking
programming mathematics physics chemistry history geography astronomy biology philosophy poetry reading blogging podcasts
teaching parenting friendship marriage dating networking interviews leadership teamwork meetings speeches negotiation
email taxes investing shopping recycling housework cleaning decorating moving commuting driving parking birdwatching
beekeeping baking coffee tea breakfast lunch vegetables posture stretching breathing balance focus memory creativity
patience courage confidence motivation habits mornings evenings weekends gifts parties birthdays pets dogs cats horses
aquariums robots drones electronics security passwords backups privacy""".split()


def known_topics():
    topics = []
    for line in KNOWN.strip().splitlines():
        if "|" not in line:
            topics.append((line.split("/"), []))
        else:
            effort, title, why = line.split("|")
            topics[-1][1].append((title, why, EFFORTS[effort]))
    return topics


def tips_for(topic):
    """The tips of a topic in the order in which a coach gives them, at least eight."""
    own = next((tips for names, tips in TOPICS if topic in names), [])
    return own + [(t.format(topic), w, EFFORTS[e]) for e, t, w in GENERIC]


TOPICS = known_topics()
