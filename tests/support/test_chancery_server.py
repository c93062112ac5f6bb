"""What the tests' own support promises them."""
import unittest

from chancery_server import Log


class LogTest(unittest.TestCase):
    def test_a_place_outlives_the_lines_before_it(self):
        log = Log(kept=10)
        for n in range(10):
            log.add(f"old {n}")
        place = log.here()
        self.assertEqual(log.since(place), [])
        log.add("new 0")  # here the older half goes
        self.assertEqual(log.since(place), ["new 0"])
        for n in range(1, 5):
            log.add(f"new {n}")
        self.assertEqual(log.since(place), [f"new {n}" for n in range(5)])

    def test_the_oldest_go_first_and_the_number_is_bounded(self):
        log = Log(kept=10)
        for n in range(1000):
            log.add(str(n))
            self.assertLessEqual(len(log.since(0)), 10)
        self.assertEqual(log.since(0)[-1], "999")
        self.assertEqual(log.here(), 1000)


if __name__ == "__main__":
    unittest.main()
