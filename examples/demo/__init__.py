"""The main job, shown: releases travel through a real pipeline on the embedded AWS, and every outcome is checked."""
