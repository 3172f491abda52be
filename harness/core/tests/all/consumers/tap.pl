# What perl's own reader, TAP::Parser, makes of a stream on standard input; a line for each thing.
use strict;
use warnings;
use TAP::Parser;

my $tap = do { local $/; <STDIN> };
my $parser = TAP::Parser->new({ tap => $tap });
while (my $result = $parser->next) {
    if ($result->is_test) {
        my $state = ($result->is_actual_ok ? 'ok' : 'not ok') . ($result->is_ok ? ' good' : ' bad');
        print join('|', $state, $result->number, $result->description, $result->directive, $result->explanation), "\n";
    } elsif ($result->is_yaml) {
        my $data = $result->data;
        print join('|', 'yaml', map { "$_=" . (ref $data->{$_} ? join('~', @{ $data->{$_} }) : $data->{$_}) } sort keys %$data), "\n";
    } elsif ($result->is_unknown || $result->is_bailout) {
        print 'UNKNOWN|', $result->raw, "\n";
    }
}
print join('|', 'end', $parser->tests_planned, $parser->tests_run, scalar($parser->failed), scalar($parser->parse_errors), $parser->parse_errors), "\n";
