"""First names common in England and Wales, in small letters: a word with a capital that is none of them is no name."""

from importlib.resources import files

FIRST_NAMES = frozenset(files("forum.base").joinpath("names.txt").read_text("utf-8").split())

# Names that are words, places, days or organisations besides.
ALSO_WORDS = frozenset(
    """amber april asia aspen austin autumn bailey blake bond brook brooke carol chance charity chase chelsea chester china
    christian clay dale dawn dean devon drew earl eden eve faith florence ford france frank gene georgia grace grant hazel heather holly
    hope houston hunter india iris israel ivy jack jade jasmine jay jordan joy june justice kent kim king lance lee lincoln
    london lily logan lucky mark mary mason max may mercy miles nelson olive page paige paris parker penny pearl poppy preston prince
    rain ray river rob robin rose ruby sandy saffron savannah scarlett sierra skye sky spencer star stone storm summer sydney teddy
    tiffany trinity victor victoria violet wade warren washington wesley will willow windsor winter wren""".split()  # noqa: SIM905 - to be read as words
)
