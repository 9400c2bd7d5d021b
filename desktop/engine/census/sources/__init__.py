"""What code a worker was made from, and whether it has changed since it was loaded.

Which files: :mod:`imports`. What they held when: :mod:`versions`. Both together: :mod:`code`.
"""
