"""Made distributions with plugins."""

from pathlib import Path


def install_distribution(folder: Path, name: str, code: str) -> None:
    """Install a made distribution with one plugin module below ``folder``, where ``run_installed`` finds it."""
    module = name.replace("-", "_")
    info = folder / "site" / f"{module}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[xh]\n{module} = {module}\n")
    (folder / "site" / f"{module}.py").write_text(code)
