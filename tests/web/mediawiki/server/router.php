<?php
// The web server's part: uploaded files, thumbnails in Wikimedia's steps only, 429 while the file `busy` counts down, a log.
$folder = getenv( 'WIKI_FOLDER' );
$path = urldecode( parse_url( $_SERVER['REQUEST_URI'], PHP_URL_PATH ) );
$agent = $_SERVER['HTTP_USER_AGENT'] ?? '';
$line = json_encode( [ microtime( true ), $_SERVER['REQUEST_URI'], $agent ] ) . "\n";
file_put_contents( "$folder/requests.log", $line, FILE_APPEND | LOCK_EX );

$left = (int)@file_get_contents( "$folder/busy" );
if ( $left > 0 ) {
	file_put_contents( "$folder/busy", $left - 1 );
	http_response_code( 429 );
	header( 'Retry-After: 1' );
	echo 'Too many requests';
	return true;
}
if ( $path === '/robots.txt' ) {
	http_response_code( 404 );
	return true;
}
if ( strpos( $path, '/images/' ) === 0 ) {
	$steps = [ 20, 40, 60, 120, 250, 330, 500, 960, 1280, 1920, 3840 ];
	$steps = array_diff( $steps, [ (int)@file_get_contents( "$folder/refused_width" ) ] );
	if ( preg_match( '#^/images/thumb/.*/(\d+)px-[^/]*$#', $path, $found ) && !in_array( (int)$found[1], $steps ) ) {
		http_response_code( 400 );
		echo 'Use thumbnail steps listed on https://w.wiki/GHai';
		return true;
	}
	$file = realpath( $folder . $path );
	if ( !$file || strpos( $file, realpath( "$folder/images" ) ) !== 0 || !is_file( $file ) ) {
		http_response_code( 404 );
		return true;
	}
	header( 'Content-Type: ' . ( substr( $file, -4 ) === '.png' ? 'image/png' : 'image/jpeg' ) );
	header( 'Content-Length: ' . filesize( $file ) );
	readfile( $file );
	return true;
}
return false;
