"""Code-switching: some of the words that a dictionary has are replaced by words of other languages."""

from dataclasses import replace
from pathlib import Path

from xh.api import Method

TEXTS = ("text_a", "text_b", "text")


class CodeSwitch(Method):
    """A dictionary is a file of lines ``word translation``; a word may have several."""

    def examples(self, examples, epoch, job):
        draw, words = self.random(job, epoch), self.dictionary()

        def switched(text):
            return " ".join(
                draw.choice(words[word]) if word in words and draw.random() < self.settings.ratio else word
                for word in text.split(" ")
            )

        columns = {name: [*map(switched, examples[name])] for name in TEXTS if name in examples.columns}
        return replace(examples, columns=examples.columns | columns)

    def dictionary(self):
        path = Path(self.settings.dictionary or Path(__file__).parent / "en-de.txt")
        found = {}
        for line in path.read_text(encoding="utf-8").splitlines():
            word, translation = line.split()
            found.setdefault(word, []).append(translation)
        return found
