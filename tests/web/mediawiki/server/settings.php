
// Appended to LocalSettings.php by tests/web/mediawiki/wiki.py. Faults are switched by files in the wiki's folder.
$folder = getenv( 'WIKI_FOLDER' );
$wgEnableUploads = true;
$wgUploadDirectory = "$folder/images";
$wgUploadPath = '/images';
$wgFileExtensions = [ 'jpg', 'png' ];
$wgCacheDirectory = "$folder/cache";
$wgTmpDirectory = "$folder/tmp";
$wgJobRunRate = 0;
$wgUseImageMagick = false;
$wgMainCacheType = CACHE_NONE;
$wgShowExceptionDetails = true;

// How licence templates read in the API, in the form of the extension CommonsMetadata, which Debian does not package.
const LICENSES = [
	'cc-by-sa-4.0' => [ 'CC BY-SA 4.0', 'https://creativecommons.org/licenses/by-sa/4.0' ],
	'cc-by-2.0-de' => [ 'CC BY 2.0 de', 'https://creativecommons.org/licenses/by/2.0/de/deed.en' ],
	'cc-by-4.0' => [ 'CC BY 4.0', 'https://creativecommons.org/licenses/by/4.0' ],
	'cc-zero' => [ 'CC0', 'http://creativecommons.org/publicdomain/zero/1.0/deed.en' ],
	'pd' => [ 'Public domain', '' ],
	'cc-by-nc-4.0' => [ 'CC BY-NC 4.0', 'https://creativecommons.org/licenses/by-nc/4.0' ],
	'house-rules' => [ 'House rules', 'https://example.org/rules' ],
];

$wgHooks['GetExtendedMetadata'][] = static function ( &$combined, $file, $context, $single, &$maxCacheTime ) {
	$content = MediaWiki\MediaWikiServices::getInstance()->getWikiPageFactory()
		->newFromTitle( $file->getTitle() )->getContent();
	$text = $content ? $content->getText() : '';
	$set = static function ( $key, $value ) use ( &$combined ) {
		$combined[$key] = [ 'value' => $value, 'source' => 'commons-desc-page' ];
	};
	if ( preg_match( '/\|author=\[\[User:([^|\]]+)\|([^\]]+)\]\]/', $text, $found ) ) {
		$set( 'Artist', "<a href=\"//wiki.example/wiki/User:$found[1]\" title=\"User:$found[1]\">$found[2]</a>" );
	}
	if ( preg_match( '/\|description=\{\{en\|1=([^}]*)\}\}/', $text, $found ) ) {
		$set( 'ObjectName', "<span class=\"language en\"><b>English:</b></span> <i>$found[1]</i>" );
	}
	if ( preg_match( '/\|date=(\S+)/', $text, $found ) ) {
		$set( 'DateTimeOriginal', "<time datetime=\"$found[1]\">$found[1]</time>" );
	}
	if ( preg_match( '/\|credit line=(.+)/', $text, $found ) ) {
		$set( 'Attribution', $found[1] );
	}
	if ( strpos( $text, '{{Non-free' ) !== false ) {
		$set( 'NonFree', 'true' );
	}
	foreach ( LICENSES as $code => [ $name, $url ] ) {
		if ( strpos( $text, "{{{$code}}}" ) !== false || strpos( $text, '{{' . $code . '}}' ) !== false ) {
			$set( 'LicenseShortName', $name );
			$set( 'License', $code );
			if ( $url ) {
				$set( 'LicenseUrl', $url );
			}
		}
	}
	return true;
};

// A genuine maxlag answer while the file `lag` holds a number above 0, which counts down.
$wgHooks['ApiMaxLagInfo'][] = static function ( &$lag ) use ( $folder ) {
	$left = (int)@file_get_contents( "$folder/lag" );
	if ( $left > 0 ) {
		file_put_contents( "$folder/lag", $left - 1 );
		$lag = [ 'host' => '10.64.0.1', 'lag' => 7, 'type' => 'db' ];
	}
	return true;
};
