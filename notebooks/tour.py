# %% [markdown]
# # A tour of a collection
#
# Everything the command `imagerec` answers is at hand from Python. The volume is `IMAGEREC_DATA`, else `./shared_data`; `make run`
# makes one of the built-in sample.

# %%
import imagerec

pictures = imagerec.open()
pictures

# %% [markdown]
# ## What is there
#
# Every table is a view in DuckDB; `sql` gives an Arrow table (`.arrow`, `.to_pandas()`).

# %%
pictures.sql("""
    SELECT size_category, orientation, count(*) AS pictures, avg(brightness) AS brightness
    FROM labels GROUP BY ALL ORDER BY pictures DESC
""")

# %%
pictures.sql("SELECT value AS color, pictures FROM totals WHERE kind = 'color' ORDER BY pictures DESC LIMIT 10")

# %% [markdown]
# ## Pictures like one picture
#
# The default measure adds up content, colour and structure with weights that were chosen for this collection.

# %%
first, second = (row["image_id"] for row in pictures.sql("SELECT image_id FROM images ORDER BY image_id LIMIT 2"))
pictures.picture(first)

# %%
pictures.query(first, measure=["default"], top_k=6)

# %% [markdown]
# Each measure by itself says what it is good at.

# %%
pictures.query(first, measure=["embedding", "color", "structure"], top_k=6)

# %% [markdown]
# ## Pictures like several together
#
# `mean` is like all on average, `min` like every one of them, `max` like any of them.

# %%
pictures.query(first, second, measure=["default"], combine="max", top_k=6)

# %% [markdown]
# Conditions on the metadata, and weights of one's own:

# %%
pictures.query(
    first, measure=["default"], where=["orientation=landscape"], weight=["embedding=0.5", "color=0.5"], top_k=6
)

# %% [markdown]
# ## How good is it?

# %%
status = pictures.status()
{name: (facts["recall"], status["timings"]["latency_ms"][name]) for name, facts in status["measures"].items()}

# %%
status["default"]

# %% [markdown]
# ## People
#
# What they like, and what they might like next, with the reason. The built-in sample comes with made-up people.

# %%
people = [row["user_id"] for row in pictures.users()]
pictures.users()

# %%
pictures.recommend(people[0] if people else "somebody new", n=6)

# %% [markdown]
# ## The collection as a whole
#
# The map puts pictures that are alike beside each other; charts count what they show.

# %%
for draw in (pictures.map, pictures.charts):
    try:
        display(draw())  # noqa: F821 - a notebook has it
    except imagerec.CannotProceedError as error:
        print(error)
