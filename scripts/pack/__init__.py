"""Builds model packs from packaged weights; see docs/packs.md. Run by scripts/build_pack.py."""
