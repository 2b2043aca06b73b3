"""How many pieces of each product are left."""

LEFT = {"bolt": 4000, "nut": 2500, "gear": 12, "rail": 0}


def left_of(sku):
    """Pieces left of a product, or None for a product that nobody keeps."""
    return LEFT.get(sku)


def reserve(left, count):
    """What is left after reserving `count` pieces; ValueError where there are not enough."""
    if count < 1 or count > left:
        raise ValueError("not enough left")
    return left - count
