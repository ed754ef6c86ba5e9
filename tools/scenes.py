"""Small scenes of coloured shapes, drawn with Pillow, and sentences about them in natural variety.

A scene has two groups of shapes side by side or one above the other, or one group alone somewhere. All follows from a
``random.Random``; nothing is anybody's photograph or text.
"""

from dataclasses import dataclass
from io import BytesIO
from math import cos, pi, sin
from random import Random

from PIL import Image, ImageDraw

SIZE = 48
COLOURS = {
    "red": (214, 40, 40), "green": (46, 139, 60), "blue": (38, 84, 198), "yellow": (240, 200, 30),
    "purple": (128, 50, 150), "orange": (242, 132, 20), "black": (25, 25, 25),
}  # fmt: skip
SHAPES = ("circle", "square", "triangle", "star", "cross")
GROUNDS = ((250, 250, 246), (226, 234, 242), (240, 232, 218))
NUMBERS = {1: "one", 2: "two", 3: "three", 4: "four"}
PLACES = {
    "top left": (13, 13),
    "top right": (35, 13),
    "bottom left": (13, 35),
    "bottom right": (35, 35),
    "middle": (24, 24),
}


@dataclass(frozen=True)
class Group:
    """``count`` shapes of one colour around a centre; ``large`` says their size where there is one alone."""

    shape: str
    colour: str
    count: int
    large: bool
    centre: tuple[int, int]

    @property
    def noun(self) -> str:
        """Such as ``large red circle`` or ``three red circles``, without an article."""
        if self.count > 1:
            return f"{NUMBERS[self.count]} {self.colour} {plural(self.shape)}"
        return f"{self.colour} {self.shape}"


@dataclass(frozen=True)
class Scene:
    """``way``: how two groups lie, ``beside`` (the first on the left) or ``above``; ``alone`` has one, at ``place``."""

    way: str
    groups: tuple[Group, ...]
    ground: int
    place: str = ""


def scene(random: Random) -> Scene:
    """A scene drawn at random."""
    way = random.choice(("beside", "above", "beside", "above", "alone"))
    ground = random.randrange(len(GROUNDS))
    if way == "alone":
        place = random.choice([*PLACES])
        return Scene(way, (_group(random, PLACES[place], set()),), ground, place)
    shift = random.randint(-6, 6)
    first, second = ((12, 24 + shift), (36, 24 - shift)) if way == "beside" else ((24 + shift, 12), (24 - shift, 36))
    one = _group(random, first, set())
    return Scene(way, (one, _group(random, second, {(one.shape, one.colour)})), ground)


def _group(random: Random, centre: tuple[int, int], taken: set[tuple[str, str]]) -> Group:
    shape, colour = random.choice([(s, c) for s in SHAPES for c in COLOURS if (s, c) not in taken])
    count = random.choice((1, 1, 1, 2, 3, 4))
    return Group(shape, colour, count, count == 1 and random.random() < 0.5, centre)


def png(found: Scene, random: Random) -> bytes:
    """The scene as a PNG of 48 × 48 pixels; ``random`` shakes it a little."""
    large = Image.new("RGB", (4 * SIZE, 4 * SIZE), GROUNDS[found.ground])
    pen = ImageDraw.Draw(large)
    for group in found.groups:
        for x, y in _spots(group):
            radius = (9 if group.large else 6) if group.count == 1 else 4
            spot = x + random.uniform(-1, 1), y + random.uniform(-1, 1)
            _draw(pen, group.shape, spot, radius, COLOURS[group.colour])
    small = large.resize((SIZE, SIZE), Image.Resampling.BOX).quantize(32)
    file = BytesIO()
    small.save(file, "PNG", optimize=True)
    return file.getvalue()


def _spots(group: Group) -> list[tuple[int, int]]:
    x, y = group.centre
    around = {1: [(0, 0)], 2: [(-5, 0), (5, 0)], 3: [(-5, 4), (5, 4), (0, -5)], 4: [(-5, -5), (5, -5), (-5, 5), (5, 5)]}
    return [(x + dx, y + dy) for dx, dy in around[group.count]]


def _draw(
    pen: ImageDraw.ImageDraw, shape: str, spot: tuple[float, float], radius: int, colour: tuple[int, int, int]
) -> None:
    x, y, r = spot[0] * 4, spot[1] * 4, radius * 4
    if shape == "circle":
        pen.ellipse((x - r, y - r, x + r, y + r), fill=colour)
    elif shape == "square":
        pen.rectangle((x - 0.85 * r, y - 0.85 * r, x + 0.85 * r, y + 0.85 * r), fill=colour)
    elif shape == "cross":
        pen.rectangle((x - r, y - 0.3 * r, x + r, y + 0.3 * r), fill=colour)
        pen.rectangle((x - 0.3 * r, y - r, x + 0.3 * r, y + r), fill=colour)
    else:
        corners = 3 if shape == "triangle" else 10
        reach = [r if corner % 2 == 0 or corners == 3 else 0.42 * r for corner in range(corners)]
        angles = [2 * pi * corner / corners - pi / 2 for corner in range(corners)]
        pen.polygon([(x + d * cos(a), y + d * sin(a)) for d, a in zip(reach, angles, strict=True)], fill=colour)


def plural(noun: str) -> str:
    """Of the English names of shapes."""
    return f"{noun}es" if noun.endswith("s") else f"{noun}s"


def with_article(noun: str) -> str:
    """``a red circle``, ``an orange star``; a number is its own article."""
    if noun.split()[0] in NUMBERS.values():
        return noun
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


ENGLISH = {
    "beside": (
        "{A} on the left and {b} on the right",
        "{A} to the left of {b}",
        "{B} to the right of {a}",
        "On the left there {is_a} {a}, next to {b}.",
        "The picture shows {a} beside {b}, which {is_b} on the right.",
        "You can see {a} and, to the right of {it_a}, {b}.",
        "{B} with {a} on {its_b} left",
        "Somebody has drawn {a} left of {b}.",
    ),
    "above": (
        "{A} above {b}",
        "{B} below {a}",
        "{A} at the top and {b} at the bottom",
        "There {is_a} {a} over {b}.",
        "Under {a} there {is_b} {b}.",
        "The drawing has {a} on top and {b} underneath.",
        "{B} with {a} above {it_b}",
        "Somebody has put {a} above {b}.",
    ),
    "alone": (
        "{A} in the {place} of the picture",
        "{A}, nothing else, at the {place}",
        "There {is_a} just {a}, in the {place}.",
        "Only {a} can be seen at the {place} of an empty sheet.",
        "The {place} has {a}; the rest of the paper is blank.",
        "A plain drawing with {a} in the {place}",
    ),
}  # fmt: skip


def english(found: Scene, random: Random, count: int = 5) -> list[str]:
    """So many different sentences about a scene, one of which may say how large a shape is."""
    return [_filled(template, found, random) for template in random.sample(ENGLISH[found.way], count)]


def _filled(template: str, found: Scene, random: Random) -> str:
    words = {"place": found.place}
    for letter, group in zip("ab", found.groups, strict=False):
        size = random.choice(("", "", "big " if group.large else "small ")) if group.count == 1 else ""
        noun = with_article(size + group.noun)
        several = group.count > 1
        words |= {letter: noun, letter.upper(): noun[0].upper() + noun[1:], f"is_{letter}": "are" if several else "is"}
        words |= {f"it_{letter}": "them" if several else "it", f"its_{letter}": "their" if several else "its"}
    return template.format(**words)


SINGULAR = {
    "de": {
        "circle": ("ein", "m", "Kreis"), "square": ("ein", "n", "Quadrat"), "triangle": ("ein", "n", "Dreieck"),
        "star": ("ein", "m", "Stern"), "cross": ("ein", "n", "Kreuz"),
    },
    "fr": {
        "circle": ("un", "m", "cercle"), "square": ("un", "m", "carré"), "triangle": ("un", "m", "triangle"),
        "star": ("une", "f", "étoile"), "cross": ("une", "f", "croix"),
    },
    "cs": {
        "circle": ("", "m", "kruh"), "square": ("", "m", "čtverec"), "triangle": ("", "m", "trojúhelník"),
        "star": ("", "f", "hvězda"), "cross": ("", "m", "kříž"),
    },
}  # fmt: skip
"""By language each shape's article, gender and name; of Czech, which has no article, the latter two."""
PLURAL = {
    "de": {"circle": "Kreise", "square": "Quadrate", "triangle": "Dreiecke", "star": "Sterne", "cross": "Kreuze"},
    "fr": {"circle": "cercles", "square": "carrés", "triangle": "triangles", "star": "étoiles", "cross": "croix"},
    "cs": {"circle": "kruhy", "square": "čtverce", "triangle": "trojúhelníky", "star": "hvězdy", "cross": "kříže"},
}
TINTS = {
    "de": {
        "red": "rot", "green": "grün", "blue": "blau", "yellow": "gelb", "purple": "violett", "orange": "orange",
        "black": "schwarz",
    },
    "fr": {
        "red": ("rouge", "rouge", "rouges", "rouges"), "green": ("vert", "verte", "verts", "vertes"),
        "blue": ("bleu", "bleue", "bleus", "bleues"), "yellow": ("jaune", "jaune", "jaunes", "jaunes"),
        "purple": ("violet", "violette", "violets", "violettes"), "orange": ("orange",) * 4,
        "black": ("noir", "noire", "noirs", "noires"),
    },
    "cs": {
        "red": "červen", "green": "zelen", "blue": "modr", "yellow": "žlut", "purple": "fialov", "orange": "oranžov",
        "black": "čern",
    },
}  # fmt: skip
COUNTS = {
    "de": {2: "zwei", 3: "drei", 4: "vier"},
    "fr": {2: "deux", 3: "trois", 4: "quatre"},
    "cs": {2: "dva", 3: "tři", 4: "čtyři"},
}
WHERE = {
    "de": {"top left": "oben links", "top right": "oben rechts", "bottom left": "unten links",
           "bottom right": "unten rechts", "middle": "in der Mitte"},
    "fr": {"top left": "en haut à gauche", "top right": "en haut à droite", "bottom left": "en bas à gauche",
           "bottom right": "en bas à droite", "middle": "au milieu"},
    "cs": {"top left": "vlevo nahoře", "top right": "vpravo nahoře", "bottom left": "vlevo dole",
           "bottom right": "vpravo dole", "middle": "uprostřed"},
}  # fmt: skip
TRANSLATED = {
    "de": {
        "beside": ("{A} links und {b} rechts", "Links {is_a} {a}, rechts {b}.", "{A}, rechts daneben {b}"),
        "above": ("{A} oben und {b} unten", "Oben {is_a} {a}, darunter {b}.", "{A}, darunter {b}"),
        "alone": ("{A} {place} im Bild", "{Place} {is_a} nur {a}.", "Nichts als {a}, {place}"),
    },
    "fr": {
        "beside": ("{A} à gauche et {b} à droite", "À gauche, {a} ; à droite, {b}.", "{A} et, à droite, {b}"),
        "above": ("{A} en haut et {b} en bas", "En haut, {a} ; en bas, {b}.", "{A} et, en dessous, {b}"),
        "alone": ("{A} {place} de l’image", "On voit seulement {a}, {place}.", "Rien que {a} {place}"),
    },
    "cs": {
        "beside": ("{A} vlevo a {b} vpravo", "Vlevo {is_a} {a}, vpravo {b}.", "{A}, vedle vpravo {b}"),
        "above": ("{A} nahoře a {b} dole", "Nahoře {is_a} {a}, pod tím {b}.", "{A} a dole {b}"),
        "alone": ("{A} {place} na obrázku", "{Place} {is_a} jen {a}.", "Na papíře {is_a} {place} jen {a}"),
    },
}  # fmt: skip
IS = {"de": ("ist", "sind"), "fr": ("est", "sont"), "cs": ("je", "jsou")}


def translated(found: Scene, lang: str, random: Random) -> str:
    """A sentence about a scene in German, French or Czech; all nouns stand in the nominative."""
    words = {"place": WHERE[lang].get(found.place, "")}
    words["Place"] = _capital(words["place"])
    for letter, group in zip("ab", found.groups, strict=False):
        noun = _noun(group, lang)
        words |= {letter: noun, letter.upper(): _capital(noun), f"is_{letter}": IS[lang][group.count > 1]}
    return random.choice(TRANSLATED[lang][found.way]).format(**words)


def _noun(group: Group, lang: str) -> str:
    article, gender, name = SINGULAR[lang][group.shape]
    tint, several = TINTS[lang][group.colour], group.count > 1
    name = PLURAL[lang][group.shape] if several else name
    if lang == "fr":
        tint = tint[(gender == "f") + 2 * several]
        return f"{COUNTS[lang][group.count] if several else article} {name} {tint}"
    if lang == "de":
        ending = "e" if several else {"m": "er", "n": "es"}[gender]
        colour = f"{tint}farbene{ending[1:]}" if tint == "orange" else f"{tint}{ending}"
        return f"{COUNTS[lang][group.count] if several else article} {colour} {name}"
    soft = "é" if several else {"m": "ý", "f": "á"}[gender]
    number = "dvě" if group.count == 2 and gender == "f" else COUNTS[lang].get(group.count, "")
    return f"{number} {tint}{soft} {name}".strip()


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


UNSEEN = (
    "A child has drawn this with a ruler", "The sheet comes from a school", "Somebody will colour the rest later",
    "It took five minutes to draw", "The drawing hangs in a kitchen", "It is a page of a puzzle book",
    "The paper was folded before", "The shapes are cut out of felt", "It is the sign of a shop",
    "Two friends made this together",
)  # fmt: skip
"""What a picture neither shows nor excludes."""


def hypotheses(found: Scene, random: Random) -> dict[str, str]:
    """A sentence that follows from a scene, one that may be true, and one that is wrong, by label."""
    (true,) = english(found, random, 1)
    one = found.groups[0]
    colour = random.choice([each for each in COLOURS if each not in {group.colour for group in found.groups}])
    wrong = Scene(
        found.way, (Group(one.shape, colour, one.count, one.large, one.centre), *found.groups[1:]), 0, found.place
    )
    unseen = f"{random.choice(UNSEEN)}: {english(found, random, 1)[0]}"
    return {"entailment": true, "neutral": unseen, "contradiction": english(wrong, random, 1)[0]}
