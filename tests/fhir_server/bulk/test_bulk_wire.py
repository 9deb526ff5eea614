from hypothesis import given
from hypothesis import strategies as st

from fhir_server.bulk.wire import pack, unpack
from fhir_server.store.entries import Entry, Interval, Kind, Token
from fhir_server.store.protocol import Body, Expect, Key, Write

text = st.text(max_size=8)
bound = st.integers(-(2**62), 2**62) | st.binary(max_size=8)
VALUES = {
    Kind.STRING: text,
    Kind.TOKEN: st.builds(Token, text, text),
    Kind.RANGE: st.builds(Interval, bound, bound),
    Kind.REFERENCE: text,
    Kind.URI: text,
}
keys = st.lists(text, min_size=1, max_size=3).map(tuple)
entry = st.sampled_from(Kind).flatmap(lambda kind: st.builds(Entry, text, st.just(kind), keys, VALUES[kind]))
write = st.builds(
    Write,
    st.builds(Key, text, text),
    st.none() | st.builds(Body, st.binary(), st.binary()),
    st.lists(entry, max_size=5).map(tuple),
    st.binary(max_size=16),
    st.sampled_from([Expect.ANY, Expect.ABSENT, 7]),
    st.lists(text, max_size=2).map(tuple),
)


@given(st.lists(write, max_size=4).map(tuple))
def test_law_unpacking_gives_the_very_writes(writes):
    found = unpack(pack(writes))
    assert found == writes
    kinds = [[type(entry.value) for entry in write.entries] for write in writes]
    assert [[type(entry.value) for entry in write.entries] for write in found] == kinds
