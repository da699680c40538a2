"""The vocabulary of the demo model's corpus: word lists, and names made from syllables.

Names are split by hash: those in the held-out tenth never appear in training, so the
evaluation asks for values that the model has never seen.
"""

import zlib

FIRST = """Aaron Abigail Agnes Alan Albert Alex Amanda Amelia Andrea Andrew Angela Anita Anton Aria Arthur Astrid Barbara
Beatrice Bella Bernard Bianca Brian Bruno Camille Carl Carlos Caroline Cecilia Charles Charlotte Chloe Christine Claire
Daniel Diana Dmitri Dominic Dora Doris Edgar Edith Edward Eleanor Eli Elias Elisa Elizabeth Emily Enzo Ernest Esther
Ethan Eugene Evelyn Fabian Fiona Florence Frances Frank Frederick Gabriel George Gloria Greta Gustav Hannah Hans Hassan
Hector Helen Henry Hilda Howard Ian Ingrid Isaac Isabel Isla Ivy Jacob James Jasmine Jennifer Joan John Jonathan Joseph
Judith Kai Karen Karl Katherine Kenji Kevin Kira Klaus Laila Laura Lawrence Leila Leonard Leonora Liam Linda Lisa Louis
Louise Lydia Magnus Malik Manuel Margaret Marie Martin Mary Matilda Matteo Maya Melissa Michael Miguel Miriam Mohammed
Mona Monica Nathan Nicholas Nicole Nikolai Noel Olivia Oskar Otto Pablo Patricia Patrick Paula Peter Philip Rachel Rafael
Ralph Raymond Rebecca Richard Rita Robert Robin Roman Ronja Rosalind Roy Rupert Samira Samuel Sandra Sebastian Selma
Sergei Sigrid Silas Stella Stephen Susan Sylvia Tamara Tanya Teresa Thomas Tina Tobias Tomas Ulrich Ursula Valentin
Vanessa Veronica Vincent Viola Walter Wendy Wilhelm William Xavier Yasmin Yuki Yvonne
Ada Adam Alice Amir Amy Anna Ben Boris Carla Chen Clara Dan Daria David Elena Ella Emil Emma Erik Eva
Fatima Felix Finn Grace Hana Harry Hugo Ida Igor Iris Ivan Jack Jane Jonas Julia Karim Kate Lara Lena Leo Lily Lucas
Luna Maria Mark Marta Max Mia Mila Nadia Nina Noah Nora Olga Oliver Omar Oscar Paul Petra Priya Rosa Ruth Sam Sara
Simon Sofia Tara Theo Tim Tom Uma Vera Victor Wanda Yara Yusuf Zoe""".split()
LAST = """Abbott Ahmed Allen Alvarez Andersen Anderson Arnold Bailey Barnes Becker Bell Bennett Bianchi Bishop Black
Bradley Brooks Bryant Burke Burns Campbell Carlson Carter Chambers Chapman Cohen Coleman Cooper Cruz Dahl Davies Dixon
Dubois Duncan Edwards Ellis Eriksson Farrell Fernandez Ferrari Fleming Fletcher Foster Franklin Freeman Gibson Gonzalez
Gordon Graham Grant Green Griffin Hamilton Harper Harris Hassan Hayes Henderson Hoffman Holmes Howard Hughes Hunt Ivanov
Jackson Jacobs Jenkins Johansson Johnson Kelly Kennedy Kim Knight Kowalski Larsen Lehmann Lewis Lind Lindqvist Ludwig
MacDonald Marino Marshall Martin Martinez Meyer Miller Mitchell Moreau Morgan Morris Murphy Murray Nakamura Nelson Nguyen
Nielsen Nowak Oliveira Owens Palmer Parker Pearson Perez Peterson Phillips Powell Ramirez Reynolds Richards Rivera
Roberts Robinson Rodriguez Romano Russell Sanders Schmidt Schneider Schulz Scott Shaw Simmons Spencer Stewart Sullivan
Suzuki Thomas Thompson Torres Tucker Underwood Vasquez Wagner Wallace Ward Watson Webb West Williams Wilson Wright Yamada
Zimmermann
Adler Baker Berg Brown Castro Clark Costa Diaz Evans Fischer Fox Garcia Gray Hall Hansen Hill Ito Jensen
Jones Kaya Keller King Klein Kumar Lang Lee Lopez Maier Mason Moore Nagel Novak Okafor Olsen Park Patel Petrov Quinn
Reed Rossi Ryan Santos Sato Silva Singh Smith Stone Suarez Tanaka Taylor Turner Varga Vogel Walker Weber White Wolf
Wood Young Zhang""".split()
TOWNS = """Aarhus Accra Adelaide Algiers Ankara Antwerp Auckland Austin Baltimore Bangkok Barcelona Basel Beirut
Belfast Bilbao Birmingham Bogota Bologna Bordeaux Brisbane Bristol Brussels Bucharest Budapest Calgary Cambridge Cardiff
Chicago Cologne Copenhagen Dakar Dallas Denver Dresden Dubai Durban Edinburgh Florence Frankfurt Gdansk Genoa Glasgow
Granada Hamburg Havana Helsinki Houston Istanbul Jakarta Johannesburg Krakow Kyiv Lagos Leipzig Liverpool Ljubljana
Lucerne Luxembourg Manchester Manila Marseille Melbourne Memphis Miami Minsk Montreal Munich Mumbai Nottingham Odessa
Osaka Ottawa Palermo Perth Philadelphia Phoenix Plymouth Portland Rotterdam Salzburg Santiago Sarajevo Seattle Seville
Shanghai Sheffield Singapore Stockholm Stuttgart Sydney Tallinn Tbilisi Tokyo Toronto Toulouse Trieste Tunis Valencia
Vancouver Venice Verona Vilnius Wellington Winnipeg Zagreb
Amsterdam Athens Bergen Berlin Boston Cairo Cork Delhi Dublin Geneva Ghent Graz Hanoi Kyoto Leeds Lima Lisbon
London Lyon Madrid Malmo Milan Nairobi Naples Nice Oslo Oxford Paris Porto Prague Quito Riga Rome Salem Seoul Sofia
Split Turin Utrecht Vienna Warsaw York Zurich""".split()
ONSETS = "b br c ch d dr f fl g gr h j k kl l m n p pr qu r s sh sk st t th tr v w y z".split()
VOWELS = "a e i o u a e i o u ai ea ee ia io oa ou y".split()
CODAS = ["", "", "", "n", "r", "l", "s", "m", "ck", "nd", "rt", "x", "th", "ll", "ct", "k", "v", "nn", "g", "t", "d", "b"]
TOWN_ENDS = ["ton", "ford", "field", "burg", "ville", "mouth", "by", "stad", "port", "dale", "haven", "wick"]

TRADES = """baker blacksmith carpenter cartographer clockmaker cook doctor farmer ferryman fisherman florist gardener
glassblower goldsmith guard harbor_master healer herbalist hunter inventor judge knight lamplighter librarian locksmith
merchant miller miner musician navigator nurse painter pilot poet potter printer sailor scholar scribe sculptor
shepherd shoemaker singer smuggler soldier spy surgeon tailor teacher thief translator violinist watchmaker weaver
wizard""".replace("_", " ").split()
TRAITS = """ambitious brave calm careful cheerful clever curious daring diligent forgetful friendly funny generous gentle
gloomy greedy honest humble impatient jealous kind lazy loyal lucky moody nervous noisy patient polite proud quick quiet
reckless restless serious sharp shy silent sly stubborn tidy tired vain wise witty""".split()
GOODS = """backpack basket battery bicycle blanket book boot bottle bowl brush bucket camera candle carpet chair clock
coat compass cup curtain desk drum fan flute fork frame glove guitar hammer hat helmet jacket jar kettle keyboard knife
ladder lamp lantern lock map mattress microphone mirror monitor mug needle notebook oven paddle pan pen pencil phone
pillow plate printer radio ring rope ruler saddle scarf shelf shirt shoe shovel sofa spoon stove suitcase table tent
toaster towel tripod umbrella vase violin wallet whistle window""".split()
COLORS = "amber black blue brown copper green grey orange pink purple red silver white yellow".split()
MATERIALS = "bamboo brass cotton felt glass iron leather linen paper plastic steel stone wooden woolen".split()
DOMAINS = "com org net io dev info".split()
COUNTABLES = """apples bananas beads books bottles boxes bricks buttons candles cards chairs coins cookies crayons cups
eggs flowers keys lemons letters marbles mugs nails oranges pages pears pencils plants plates potatoes ribbons seeds
shells stamps stickers stones tickets tiles towels tulips""".split()


def held_out(name):
    return zlib.crc32(name.encode()) % 10 == 0


class Words:
    """Draws words with `rng`; `held` draws names only from the held-out tenth, else only from the rest."""

    def __init__(self, rng, held=False):
        self.rng = rng
        self.held = held

    def pick(self, words):
        return self.rng.choice(words)

    def _syllables(self, low, high):
        r = self.rng
        made = "".join(
            r.choice(ONSETS) + r.choice(VOWELS) + r.choice(CODAS) for _ in range(r.randint(low, high))
        )
        return made[1:] if r.random() < 0.25 and len(made) > 3 else made

    def _spliced(self, known):
        """The beginning of one known name and the end of another, or one with a letter changed."""
        r = self.rng
        one, two = r.choice(known), r.choice(known)
        if r.random() < 0.6:
            return one[: r.randint(1, len(one) - 1)] + two[r.randint(1, len(two) - 1) :]
        at = r.randint(1, len(one) - 1)
        return one[:at] + r.choice("abcdefghijklmnopqrstuvwxyz") + one[at + r.randint(0, 1) :]

    def _fresh(self, known, make, share=0.25):
        while True:
            kind = self.rng.random() if known else 1.0
            if kind < share:
                name = self.rng.choice(known)
            else:
                name = self._spliced(known) if kind < share + 0.35 else make()
            if len(name) > 1 and held_out(name) == self.held:
                return name

    def first(self):
        return self._fresh(FIRST, lambda: self._syllables(1, 2).capitalize())

    def last(self):
        return self._fresh(LAST, lambda: self._syllables(1, 3).capitalize())

    def person(self):
        return f"{self.first()} {self.last()}"

    def town(self):
        make = lambda: (self._syllables(1, 2) + self.rng.choice(TOWN_ENDS)).capitalize()
        return self._fresh(TOWNS, make)

    def company(self):
        return self._fresh([], lambda: self._syllables(1, 3).capitalize(), 0.0)

    def product(self):
        kind = self.rng.random()
        good = self.pick(GOODS)
        if kind < 0.4:
            return f"{self.pick(COLORS)} {good}"
        return f"{self.pick(MATERIALS)} {good}" if kind < 0.75 else good

    def number(self, low, high):
        """Log-uniform, so that small and large numbers are both common."""
        import math

        return int(round(math.exp(self.rng.uniform(math.log(low), math.log(high)))))


def plural(noun):
    if noun.endswith(("s", "x", "ch", "sh")):
        return noun + "es"
    if noun.endswith("fe"):
        return noun[:-2] + "ves"
    if noun.endswith("lf"):
        return noun[:-1] + "ves"
    if noun.endswith("y") and noun[-2] not in "aeiou":
        return noun[:-1] + "ies"
    return noun + "s"


def article(noun):
    return ("an " if noun[0] in "aeiou" else "a ") + noun


def listing(words):
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " and " + words[-1]
