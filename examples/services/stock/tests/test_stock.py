import unittest

from stock import left_of, reserve


class Stock(unittest.TestCase):
    def test_a_kept_product_has_a_count(self):
        self.assertEqual(left_of("gear"), 12)

    def test_an_unknown_product_has_none(self):
        self.assertIsNone(left_of("spoon"))

    def test_reserving_takes_away(self):
        self.assertEqual(reserve(12, 5), 7)

    def test_reserving_too_many_is_refused(self):
        for count in (0, 13):
            with self.assertRaises(ValueError):
                reserve(12, count)
