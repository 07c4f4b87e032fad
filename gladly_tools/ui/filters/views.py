"""Saved views of a table, and links to what one sees: kept for the account alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from gladly_tools.charts import no_names
from gladly_tools.errors import GladlyToolsError, NotFoundError
from gladly_tools.results.naming import Naming, names_in_condition
from gladly_tools.results.query import Query
from gladly_tools.results.table import Table
from gladly_tools.results.words import describe_query
from gladly_tools.saved_views import LONGEST_NAME, NameTaken, SavedView, View
from gladly_tools.ui.account import session_of
from gladly_tools.ui.filters import state
from gladly_tools.ui.filters.controls import WIDTH
from gladly_tools.ui.filters.links import address_of
from gladly_tools.ui.words import plain
from gladly_tools.web.portal import portal


@dataclass(frozen=True, kw_only=True)
class Looked:
    """A table as it is looked at: whose it is, of which export and job, under which place its filters are kept.

    `naming` names the ids in its filters.
    """

    owner: str
    job: str
    shelf: str
    place: str
    table: Table
    zone: str
    naming: Naming = no_names

    def told(self, query: Query) -> list[str]:
        """What a query takes and how it is ordered, in words."""
        words = describe_query(
            query, self.zone, names=lambda each: names_in_condition(self.table.columns, each, self.naming)
        )
        return words + [f"ordered by {each.column}" for each in query.sort]

    def view(self) -> View:
        """The filters, the order and the columns as they are now; no columns where the usual ones are shown."""
        columns = st.session_state.get(state.columns_key(self.place)) or ()
        return View(query=state.query_of(self.place), columns=tuple(columns))


def views_menu(looked: Looked) -> None:
    """The menu of saved views, and the link to what is seen now."""
    for menu in (_views, _share):
        with st.container(width="content"):  # a fragment by itself takes what room there is
            menu(looked, state.revision(looked.place))


@st.fragment
def _views(looked: Looked, drawn: int) -> None:
    session_of(looked.owner)
    if state.revision(looked.place) != drawn:
        st.rerun()  # a view was just applied, and all of the page is to follow
    key = f"views:{looked.place}:{drawn}"
    with st.popover("Views", icon=":material/bookmarks:", key=key, on_change="rerun") as box:
        if not box.open:
            return
        _menu(looked)


def _menu(looked: Looked) -> None:
    with st.container(width=WIDTH):
        try:
            saved = portal().saved.list(looked.owner, looked.shelf)
        except GladlyToolsError as error:
            st.warning(plain(error), icon=":material/refresh:")
            return
        damaged = portal().saved.damaged
        if damaged is not None:
            st.warning(
                plain(f"The file of the saved views was damaged. It is kept in the data folder as {damaged}."),
                icon=":material/broken_image:",
            )
        _listed(looked, saved)
        _save(looked, saved)


def _listed(looked: Looked, saved: Sequence[SavedView]) -> None:
    if not saved:
        st.markdown("**No saved views yet**")
        st.caption("A view keeps filters, order and columns under a name, for every result of this export.")
        return
    st.markdown("**Saved views**")
    now, chosen = looked.view(), st.session_state.get(f"view chosen:{looked.place}")
    with st.container(gap=None, width=WIDTH):
        for each in saved:
            is_now = each.view is not None and each.view.query == now.query
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                st.button(
                    plain(each.name),
                    icon=":material/check:" if is_now else ":material/bookmark:",
                    type="tertiary",
                    disabled=each.view is None,
                    help=plain(_words(looked, each)),
                    key=f"apply view:{looked.place}:{each.id}",
                    on_click=_apply,
                    args=(looked, each),
                )
                st.space("stretch")
                if st.button(
                    "Change",
                    icon=":material/edit:",
                    type="tertiary",
                    help=plain(f"Rename, replace or delete {each.name}"),
                    key=f"change view:{looked.place}:{each.id}",
                ):
                    chosen = None if chosen == each.id else each.id
                    st.session_state[f"view chosen:{looked.place}"] = chosen
            if chosen == each.id:
                _change(looked, each)


def _words(looked: Looked, saved: SavedView) -> str:
    if saved.view is None:
        return "This view can no longer be read. Delete it, or replace it."
    return "Apply: " + ("; ".join(looked.told(saved.view.query)) or "all rows")


def _apply(looked: Looked, saved: SavedView) -> None:
    if saved.view is not None:
        state.apply(looked.table, looked.place, saved.view, what=f"Applied the view “{saved.name}”")


def _change(looked: Looked, saved: SavedView) -> None:
    """Rename, replace or delete one view."""
    key = f"view:{looked.place}:{saved.id}"
    with st.container(border=True):
        name = st.text_input("Name", value=saved.name, max_chars=LONGEST_NAME, key=f"{key}:name")
        with st.container(horizontal=True, gap="small"):
            renamed = st.button("Rename", key=f"{key}:rename")
            replaced = st.button("Replace", key=f"{key}:replace", help="Keep the present filters under this name")
            deleted = st.button("Delete", key=f"{key}:delete")
        sure = st.session_state.get(f"{key}:sure")
        try:
            if renamed:
                portal().saved.rename(looked.owner, saved.id, name)
                _done(looked, f"Renamed to “{' '.join(name.split())}”.")
            elif replaced or deleted:
                sure = st.session_state[f"{key}:sure"] = "replace" if replaced else "delete"
            if sure is not None and not renamed:
                _ask(looked, saved, str(sure), key)
        except GladlyToolsError as error:
            st.error(plain(error), icon=":material/error:")


def _ask(looked: Looked, saved: SavedView, what: str, key: str) -> None:
    """Ask before a saved view is lost."""
    lost = f"“{saved.name}” then holds what you see now." if what == "replace" else f"“{saved.name}” is then gone."
    st.caption(plain(lost))
    with st.container(horizontal=True, gap="small"):
        yes = st.button("Yes, replace it" if what == "replace" else "Yes, delete it", type="primary", key=f"{key}:yes")
        if st.button("Keep it", key=f"{key}:keep"):
            del st.session_state[f"{key}:sure"]
            st.rerun()
    if not yes:
        return
    del st.session_state[f"{key}:sure"]
    if what == "replace":
        portal().saved.replace(looked.owner, saved.id, looked.view())
        _done(looked, f"Replaced “{saved.name}”.")
    else:
        portal().saved.delete(looked.owner, saved.id)
        _done(looked, f"Deleted “{saved.name}”.")


def _save(looked: Looked, saved: Sequence[SavedView]) -> None:
    """Keep what is seen now under a name; one that is taken is asked about."""
    view = looked.view()
    key = f"save view:{looked.place}"
    st.markdown("**Save what you see now**")
    st.caption(plain("; ".join(looked.told(view.query)) or "No filter is active: all rows."))
    with st.form(f"{key}:form", border=False, width=WIDTH):
        name = st.text_input(
            "Name",
            placeholder="Name, such as Waiting for a week",
            max_chars=LONGEST_NAME,
            label_visibility="collapsed",
            key=f"{key}:name:{len(saved)}",
        )
        pressed = st.form_submit_button("Save view", icon=":material/bookmark_add:", type="primary", width="stretch")
    taken = f"{key}:taken"
    try:
        if pressed:
            st.session_state.pop(taken, None)
            portal().saved.save(looked.owner, looked.shelf, name, view)
            _done(looked, f"Saved “{' '.join(name.split())}”.")
    except NameTaken as error:
        st.session_state[taken] = " ".join(name.split())
        st.warning(plain(error.what), icon=":material/error:")
    except GladlyToolsError as error:
        st.error(plain(error), icon=":material/error:")
    if taken in st.session_state:
        _replace_taken(looked, saved, view, taken)


def _replace_taken(looked: Looked, saved: Sequence[SavedView], view: View, taken: str) -> None:
    name = str(st.session_state[taken])
    if not st.button(plain(f"Replace “{name}”"), key=f"{taken}:replace"):
        return
    del st.session_state[taken]
    same = [each for each in saved if each.name.casefold() == name.casefold()]
    try:
        if not same:
            raise NotFoundError("There is no such view.", "It may have been deleted in another window.")
        portal().saved.replace(looked.owner, same[0].id, view)
        _done(looked, f"Replaced “{same[0].name}”.")
    except GladlyToolsError as error:
        st.error(plain(error), icon=":material/error:")


def _done(looked: Looked, what: str) -> None:
    """Say what was done, and draw the menu anew."""
    st.session_state.pop(f"view chosen:{looked.place}", None)
    st.toast(plain(what), icon=":material/bookmark_added:")
    st.rerun()


@st.fragment
def _share(looked: Looked, drawn: int) -> None:
    session_of(looked.owner)
    key = f"share:{looked.place}:{drawn}"
    with st.popover("Share", icon=":material/link:", key=key, on_change="rerun") as box:
        if not box.open:
            return
        _link(looked)


def _link(looked: Looked) -> None:
    with st.container(width=WIDTH):
        try:
            shared = portal().saved.share(looked.owner, looked.job, looked.place, looked.view())
        except GladlyToolsError as error:
            st.warning(plain(error), icon=":material/refresh:")
            return
        st.markdown("**Copy this link to what you see now**")
        st.code(address_of(shared), language=None, wrap_lines=True, width=WIDTH)
        st.caption(
            "For whoever signs in with this account: this result with its filters, search, order and columns. It works "
            "as long as the result is kept, and does not tell what was filtered for."
        )
