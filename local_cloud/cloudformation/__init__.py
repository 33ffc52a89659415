"""What the emulator's CloudFormation lacks: resource types, change sets that say enough, events, refusals.

Each part is installed by an addition in `local_cloud/additions/`, which names its seam.
"""
