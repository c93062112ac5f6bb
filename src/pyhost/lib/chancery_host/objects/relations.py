"""Who is related to whom: pairs of objects with a kind of relationship, and the tree that holds them."""
from chancery_host.objects.base import DAObject
from chancery_host.objects.lists import DAList


class RelationshipDir(DAObject):
    """A directed relation: `parent` is to `child` what `relationship_type` says."""

    def parties(self):
        return [self.parent, self.child]


class RelationshipPeer(DAObject):
    """A relation of equals: `peers`."""

    def init(self, *args, **kwargs):
        self.initializeAttribute("peers", DAList.using(auto_gather=False, gathered=True))
        super().init(*args, **kwargs)


class RelationshipTree(DAObject):
    """All relations; `leaf` holds people made on the way."""

    def init(self, *args, **kwargs):
        self.initializeAttribute("leaf", DAList.using(object_type=DAObject, auto_gather=False, gathered=True))
        self.leaf.initializeAttribute("existing", DAList)
        self.initializeAttribute("relationships_dir", DAList.using(object_type=RelationshipDir, auto_gather=False, gathered=True))
        self.initializeAttribute("relationships_peer", DAList.using(object_type=RelationshipPeer, auto_gather=False, gathered=True))
        super().init(*args, **kwargs)

    def new(self, kind, **kwargs):
        """A new person in the tree."""
        return self.leaf.appendObject(kind, **kwargs)

    def add_relationship_dir(self, parent=None, child=None, relationship_type=None):
        for known in self.relationships_dir.elements:
            if known.parent is parent and known.child is child and known.relationship_type == relationship_type:
                return known
        return self.relationships_dir.appendObject(parent=parent, child=child, relationship_type=relationship_type)

    def add_relationship_peer(self, *peers, relationship_type=None):
        made = self.relationships_peer.appendObject(relationship_type=relationship_type)
        made.peers.append(*peers)
        return made

    def query_dir(self, parent=None, child=None, relationship_type=None):
        """Directed relations that fit what is given."""
        return [known for known in self.relationships_dir.elements
                if parent in (None, known.parent) and child in (None, known.child)
                and relationship_type in (None, known.relationship_type)]

    def query_peer(self, *peers, relationship_type=None):
        return [known for known in self.relationships_peer.elements
                if relationship_type in (None, known.relationship_type)
                and all(any(peer is one for one in known.peers.elements) for peer in peers)]

    def delete_dir(self, *relations):
        self.relationships_dir.remove(*relations)

    def delete_peer(self, *relations):
        self.relationships_peer.remove(*relations)


def fits(thing, filter_by):
    """Whether the object has these attribute values, as far as they are known."""
    return all(hasattr(thing, name) and getattr(thing, name) == wanted for name, wanted in (filter_by or {}).items())


class Related:
    """What persons can say about their relations; mixed into Individual."""

    def set_relationship(self, target, relationship_type, self_is, tree):
        """`target` and this one are related; `self_is` is this one's side, `child` for one's parents."""
        pair = (target, self) if self_is == "child" else (self, target)
        return tree.add_relationship_dir(parent=pair[0], child=pair[1], relationship_type=relationship_type)

    def set_peer_relationship(self, target, relationship_type, tree):
        return tree.add_relationship_peer(self, target, relationship_type=relationship_type)

    def is_relation(self, target, relationship_type, tree, self_is=None, filter_by=None):
        """Whether this one is the target's relation of that kind; `self_is` is the target's side."""
        if not fits(self, filter_by):
            return False
        found = tree.query_dir(relationship_type=relationship_type)
        if self_is == "child":
            return any(one.parent is self and one.child is target for one in found)
        return any(one.child is self and one.parent is target for one in found)

    def is_peer_relation(self, target, relationship_type, tree, filter_by=None):
        return fits(self, filter_by) and bool(tree.query_peer(self, target, relationship_type=relationship_type))

    def get_relation(self, relationship_type, tree, self_is="parent", filter_by=None, create=False, count=1):
        """The relation (or a list of several) of that kind; None if there is none and none is to be made."""
        found = tree.query_dir(relationship_type=relationship_type, **{"child" if self_is == "child" else "parent": self})
        people = [one.parent if self_is == "child" else one.child for one in found]
        people = [one for one in people if fits(one, filter_by)]
        if not people and create:
            made = tree.new(type(self), **(filter_by or {}))
            self.set_relationship(made, relationship_type, self_is, tree)
            people = [made]
        return self._one_or_all(people)

    def get_peer_relation(self, relationship_type, tree, filter_by=None, create=False):
        people = [one for known in tree.query_peer(self, relationship_type=relationship_type)
                  for one in known.peers.elements if one is not self and fits(one, filter_by)]
        if not people and create:
            made = tree.new(type(self), **(filter_by or {}))
            self.set_peer_relationship(made, relationship_type, tree)
            people = [made]
        return self._one_or_all(people)

    @staticmethod
    def _one_or_all(people):
        return None if not people else people[0] if len(people) == 1 else people
