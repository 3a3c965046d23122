"""Categories of the person's own, and other classes of any."""
import unicodedata

from ..client import expect
from ..people import key


class Categories:
    def category(self):
        self.rng.choice([self.new_category, self.new_category, self.rename, self.reclass, self.archive, self.remove_category])()

    def new_category(self):
        self.named += 1
        name = f"{self.rng.choice(['Кафе', 'Café', 'Own'])} {self.named}"
        cls = self.rng.choice(["essential", "flexible", "discretionary", "protected"])
        answer = expect(self.person.post("/v1/categories", {"name": name, "class": cls}, headers={"Idempotency-Key": key()}), 201)
        self.note("category", answer.json["id"], name, cls)
        self.own[answer.json["id"]] = name
        self.books.categorize(answer.json["id"], cls)

    def change_category(self, id, **members):
        self.note("category", id, members)
        return self.person.patch(f"/v1/categories/{id}", members, headers={"If-Match": "*"})

    def rename(self):
        if len(self.own) < 2:
            return
        id, other = self.rng.sample(sorted(self.own), 2)
        if self.rng.random() < .5:
            expect(self.change_category(id, name=unicodedata.normalize("NFD", self.own[other].swapcase())), 409, "already_exists")
            return
        self.named += 1
        self.own[id] = expect(self.change_category(id, name=f"Renamed {self.named}"), 200).json["name"]

    def reclass(self):
        id = self.rng.choice(sorted(self.own) + ["coffee", "clothing", "health"])
        cls = self.rng.choice(["essential", "flexible", "discretionary", "protected"])
        expect(self.change_category(id, **{"class": cls}), 200)
        self.books.categorize(id, cls)

    def archive(self):
        if self.own:
            id = self.rng.choice(sorted(self.own))
            archived = expect(self.change_category(id, archived=self.rng.random() < .6), 200).json["archived"]
            (self.books.archived.add if archived else self.books.archived.discard)(id)

    def remove_category(self):
        if not self.own:
            return
        id = self.rng.choice(sorted(self.own))
        used = self.books.uses(id, [*self.deleted.values(), *self.off.values(), *self.aside()])
        self.note("remove category", id, used)
        expect(self.person.delete(f"/v1/categories/{id}", headers={"If-Match": "*"}), 204)
        if used:
            self.books.archived.add(id)
            assert expect(self.person.get(f"/v1/categories/{id}"), 200).json["archived"]
        else:
            expect(self.person.get(f"/v1/categories/{id}"), 404)
            self.books.remove_category(id)
            del self.own[id]
