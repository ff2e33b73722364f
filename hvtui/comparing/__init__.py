"""The same work under one technique after another, side by side, and what each costs.

`measuring` runs a machine and counts, `activities` says on whose behalf the guest was left, `costs`
turns counts into estimated cycles, and `relating` sets runs in relation to the first one.
"""
