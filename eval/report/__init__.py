"""A run's folder as report.json and one self-contained report.html. Entry: `eval.report.build.run`."""
