"""The embedded AWS: an existing emulator (ministack) as a process of its own, plus what it lacks.

`cloud` is the outside (start, attach, stop), `server` the inside, `additions` what is filled in, one module per gap;
the folders beside them hold what an addition is too large for. On AWS none of this exists.
"""
